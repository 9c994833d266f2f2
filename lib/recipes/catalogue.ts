import { InputError } from '../errors.js';
import { docs } from './docs.js';
import { docs2014 } from './docs-2014.js';
import { katacoda } from './katacoda.js';
import { opensslCnf } from './openssl-cnf.js';
import { training } from './training.js';
import type { RecipeRefusal, Tutorial } from './tutorial.js';

const texts = {
  docs,
  training,
  katacoda,
  'openssl-cnf': opensslCnf,
  'docs-2014': docs2014,
};

export type TutorialName = keyof typeof texts;

export type RecipeName = 'recommended' | TutorialName;

/** Every recipe but `recommended`, which is no text's. */
export const tutorials: Readonly<Record<TutorialName, Tutorial>> = texts;

/** The names of all recipes, in the order of the help. */
export const recipeNames: readonly RecipeName[] = [
  'recommended',
  ...(Object.keys(tutorials) as TutorialName[]),
];

/** Throws `ERR_INPUT` for what is none. */
export function tutorialOf(name: TutorialName): Tutorial {
  const names: readonly string[] = recipeNames;
  if (!names.includes(name)) {
    throw new InputError('recipe', `'${name}' is no recipe`, { hint: `choose one of ${names.join(', ')}` });
  }
  return tutorials[name];
}

/** A recipe for a person who chooses one. */
export interface RecipeSummary {
  readonly name: RecipeName;
  /** The text that it reproduces; null for `recommended`. */
  readonly text: string | null;
  readonly marks: string;
  /** Whether today's docker takes the result: always, by address only, or never. */
  readonly docker: 'accepted' | 'accepted by address' | 'refused';
  /** Why not; null if it is accepted. `addSan` fixes it. */
  readonly note: string | null;
}

/** All recipes: what marks each, and what today's docker says to the result. */
export function recipes(): RecipeSummary[] {
  return recipeNames.map((name): RecipeSummary => {
    if (name === 'recommended') {
      const marks =
        "the tutorials' steps and names, with profiles for today's strictest clients; RSA 4096 or EC; CA 10 years, leaves 1 year";
      return { name, text: null, marks, docker: 'accepted', note: null };
    }
    const { title, marks, refusal } = tutorials[name];
    const docker = !refusal ? 'accepted' : refusal.when === 'always' ? 'refused' : 'accepted by address';
    const note = refusal ? whyRefused(refusal) : null;
    return { name, text: title, marks, docker, note };
  });
}

function whyRefused({ byName, byAddress }: RecipeRefusal): string {
  const address = byAddress ? `, and by address: ${byAddress('ADDRESS')}` : '';
  return `refused by name: ${byName('HOST')}${address}`;
}
