import { ansibleLiteral } from '../../shell/literals.js';
import { refusePath } from '../../shell/refuse-path.js';
import { shellWord } from '../../shell/sh.js';
import { endpointUrl } from '../../x509/endpoint.js';
import { endpointValue } from './context-store.js';
import type { SnippetValues } from './snippet-kind.js';

/* Values as one tool takes them. Each throws `ERR_INPUT` for a path that the tool cannot hold. */

/** A shell's word that may stand in a comment, which a line end would end. */
export function commentedWord(word: string): string {
  refusePath('a comment', /\p{Cc}/u, word, 'directory');
  return shellWord(word);
}

/** The text as it is, on one line. */
export function plainLine(text: string): string {
  refusePath('a line', /\p{Cc}/u, text, 'directory');
  return text;
}

/** Configuration as Code ends a variable at its first brace, and `:-` begins the default of one. */
export function jenkinsFile(path: string): string {
  refusePath('a variable of Jenkins', /[${}]|:-|\p{Cc}/u, path, 'directory');
  return `\${readFile:${path}}`;
}

/** A module of Ansible fills variables of the environment into each path that it is given. */
export function ansibleValue(text: string): string {
  refusePath('a module of Ansible', /\$[\w{]/, text, 'directory');
  return ansibleLiteral(text);
}

/** The endpoint of a docker context. */
export function contextEndpoint({ endpoint, ca, certificate: cert, key }: SnippetValues): string {
  return endpointValue(endpointUrl(endpoint), { ca, cert, key });
}
