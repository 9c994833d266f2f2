import { InputError } from '../errors.js';
import { refuseUnknown, type OptionNames } from '../known-options.js';
import { controlNames } from '../execute/run-control.js';
import type { Tutorial } from '../recipes/tutorial.js';
import { withAttributes, type Rdn, type Subject } from '../x509/subject.js';
import {
  issueOptions,
  type IssueRequest,
  type Option,
  type OptionName,
  type ParsedOptions,
} from './options.js';
import type { Part } from '../x509/role.js';
import { option, words, type Words } from '../words.js';

/** What the table of options says about a request. */

export const optionNames = Object.keys(issueOptions) as readonly OptionName[];

/** Those of a run are among them: who plans and then runs has one object for both. */
const knownNames = {
  ...(Object.fromEntries(optionNames.map((name) => [name, true])) as unknown as OptionNames<IssueRequest>),
  ...controlNames,
};

const rows: Readonly<Record<OptionName, Option<never>>> = issueOptions;

/** Reads each option that is given. Throws `ERR_INPUT`. */
export function readOptions(request: IssueRequest): ParsedOptions {
  const read = (name: OptionName): unknown =>
    request[name] === undefined ? undefined : rows[name].read(request[name] as never);
  return Object.fromEntries(optionNames.map((name) => [name, read(name)])) as ParsedOptions;
}

/** Whether an option asks for something: given, and not what is done anyway. */
export function asks(request: IssueRequest, name: OptionName): boolean {
  return request[name] !== undefined && request[name] !== rows[name].usual;
}

/** Refuses what is in no row, and what the making of these parts does not heed. Throws `ERR_INPUT`. */
export function refuseUnheeded(parts: readonly Part[], request: IssueRequest): void {
  refuseUnknown(request, knownNames);
  const name = optionNames.find((each) => asks(request, each) && !isFor(parts, each));
  if (name === undefined || parts.length === 0) return;
  throw new InputError(name, `${name} is not for ${partWords(parts, 'and')}`, {
    hint: `it is for ${partWords(rows[name].parts, 'or')}`,
  });
}

function isFor(parts: readonly Part[], name: OptionName): boolean {
  return rows[name].parts.some((part) => parts.includes(part));
}

function partWords(parts: readonly Part[], join: 'and' | 'or'): string {
  return parts.map((part) => `the ${part === 'ca' ? 'CA' : part}`).join(` ${join} `);
}

/** The first option for something that a text fixes in its commands. */
export function fixedOption(tutorial: Tutorial, request: IssueRequest): OptionName | undefined {
  return optionNames.find((name) => asks(request, name) && !rows[name].tutorials(tutorial, request));
}

/** The options that only a new certificate could follow, while the parts in `kept` stay as they are. */
export function lostOptions(
  parts: readonly Part[],
  kept: readonly Part[],
  request: IssueRequest,
): OptionName[] {
  const isLost = (name: OptionName): boolean => {
    const compared = rows[name].kept;
    return compared !== 'run' && isFor(kept, name) && !parts.some((part) => compared.includes(part));
  };
  return optionNames.filter((name) => asks(request, name) && isLost(name));
}

/** Options in a text, separated by commas. */
export function listed(names: readonly OptionName[]): Words {
  return names.map((name): Words => [option(name)]).reduce((text, one) => words`${text}, ${one}`);
}

/**
 * The requested subject: that of `subject`, else `usual`, with the attributes that have options of their own. Throws
 * `ERR_INPUT` for an attribute that is given both ways.
 */
export function requestedSubject(options: ParsedOptions, usual: Subject = []): Subject {
  const { subject = [] } = options;
  const given = optionNames.flatMap((name) => {
    const type = rows[name].attribute;
    const value = options[name];
    return type === undefined || value === undefined ? [] : [{ name, rdn: value as Rdn }];
  });
  const twice = given.find(({ rdn: { type } }) => subject.some((part) => part.type === type));
  if (twice)
    throw new InputError(twice.name, `the subject already has ${twice.rdn.type}`, {
      hint: words`leave it out of ${option('subject')}, or leave out ${option(twice.name)}`,
    });
  return withAttributes(
    subject.length > 0 ? subject : usual,
    given.map(({ rdn }) => rdn),
  );
}
