import type { Endpoint } from '../../x509/endpoint.js';

/** How far a snippet was checked: run against a daemon, read by the tool itself, or compared with its documentation or source. */
export type SnippetCheck = 'run' | 'validated' | 'documentation';

interface Described {
  /** One line: what it is for. */
  readonly summary: string;
  /** Where its facts come from: a tool, its version, and a page or a file. */
  readonly source: string;
  readonly check: SnippetCheck;
}

/** What the template of a client shows: absolute paths, and the daemon. */
export interface SnippetValues {
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
  readonly endpoint: Endpoint;
}

export interface ClientKind extends Described {
  readonly template: string;
  /** Writes a value as the language does. May throw `ERR_INPUT` for one that it cannot hold. */
  readonly quote: (value: string) => string;
  /** Its directory in a container, to which the three files are mounted, one by one. */
  readonly mountedIn?: string | ((endpoint: Endpoint) => string);
  /** It looks for ca.pem, cert.pem and key.pem in one directory. */
  readonly needsDirectory?: true;
  /** Further values for the template, to be quoted as the rest. */
  readonly more?: (values: SnippetValues) => Readonly<Record<string, string>>;
}

export interface ProxyKind extends Described {
  /** Its template and its quoting stand beside what it needs of a server. */
  readonly proxy: true;
}

export type SnippetKind = ClientKind | ProxyKind;
