/** What a recipe that reproduces a text has to say. */
import type { Advice } from './advice.js';
import type { Step } from '../plan/step.js';
import type { SetFiles } from '../set/layout.js';
import type { AltName } from '../x509/alt-names.js';
import type { Endpoint } from '../x509/endpoint.js';
import type { Passphrase } from '../x509/passphrase.js';
import type { Subject } from '../x509/subject.js';
import type { Templates } from './templates.js';

/** Whom a text names in the server's certificate. */
export interface ServerNames {
  /** The common name: what the text calls the host. */
  readonly host: string;
  /** The subjectAltNames, in the text's order; empty for a text that has none. */
  readonly altNames: readonly AltName[];
}

export interface TutorialValues extends ServerNames {
  /** For every key that the text encrypts: those of server and client lose it in the text's own `openssl rsa`. */
  readonly passphrase: Passphrase;
  /** What the text's reader answers to `req -x509`; fixed where the text has a -subj of its own. */
  readonly caSubject: Subject;
  readonly templates: Templates<string>;
}

/** A text, as a recipe. */
export interface Tutorial {
  /** Its name in `tutorials`. */
  readonly name: string;
  /** The text. */
  readonly title: string;
  /** What tells it from the others. */
  readonly marks: string;
  readonly files: SetFiles;
  /** Files of `templates/NAME/` that it renders. */
  readonly templates: readonly string[];
  /** Whether the text encrypts the CA's key. */
  readonly encryptsCaKey: boolean;
  /** The distinguished name that the text's reader would type for the CA; undefined where the text has it in a command. */
  readonly caSubject: Subject | undefined;
  /** What the text's extensions can name: nothing, addresses alone, or host names too. */
  readonly takes: 'nothing' | 'addresses' | 'all';
  /** Names that the text itself puts after the reader's. */
  readonly ownNames: readonly AltName[];
  /** What today's docker says to the result; undefined where it takes it. */
  readonly refusal?: RecipeRefusal;
  /** The text's commands, line by line. */
  steps(values: TutorialValues): readonly Step[];
  /** The text's lines for the daemon and the client, with the real paths. */
  advice(directory: string, daemon: Endpoint): Advice;
}

/** Who refuses the result of a recipe, with which words, and what fixes it. */
export interface RecipeRefusal {
  readonly who: string;
  /** By which spelling of the daemon's host it is refused. */
  readonly when: 'always' | 'by name';
  /** What docker prints, from `x509: ` on, for a daemon that is called as its certificate's common name says. */
  readonly byName: (host: string) => string;
  /** The same for an address that is not the common name; undefined where the certificate names addresses. */
  readonly byAddress?: (address: string) => string;
}
