import { InputError } from '../errors.js';
import { shellWord } from './sh.js';

/*
 * A path in the configurations of nginx, HAProxy and Caddy. All throw `ERR_INPUT`, of the option that is named, for a path that the
 * language cannot hold.
 */

const plain = /^[\w@%+=:,./-]+$/;

/**
 * In nginx's double quotes only a quote and a backslash have a meaning, and a `$`, which begins a variable and cannot be escaped.
 */
export function nginxPath(path: string, option: string): string {
  refuse('nginx', /[$\p{Cc}]/u, path, option);
  return plain.test(path) ? path : `"${path.replace(/[\\"]/g, '\\$&')}"`;
}

/** HAProxy's single quotes are those of a shell, but a line ends even there. */
export function haproxyPath(path: string, option: string): string {
  refuse('HAProxy', /\p{Cc}/u, path, option);
  return shellWord(path);
}

/**
 * In Caddy's backquotes nothing has a meaning; in its double quotes a backslash has one before a quote and cannot be escaped.
 * `{…}` is a placeholder and `{$…}` a variable, even in quotes and comments.
 */
export function caddyPath(path: string, option: string): string {
  refuse('Caddy', path.includes('`') ? /\p{Cc}|\{\$|\{.*\}|\\"/u : /\p{Cc}|\{\$|\{.*\}/u, path, option);
  if (plain.test(path)) return path;
  return path.includes('`') ? `"${path.replaceAll('"', '\\"')}"` : `\`${path}\``;
}

/** Text for a comment in a Caddyfile. */
export function caddyComment(text: string): string {
  return text.replace(/[\p{Cc}{}]/gu, '?');
}

function refuse(proxy: string, pattern: RegExp, path: string, option: string): void {
  const [odd] = pattern.exec(path) ?? [];
  if (odd === undefined) return;
  throw new InputError(
    option,
    `the configuration of ${proxy} cannot hold ${JSON.stringify(odd)} in a path: ${JSON.stringify(path)}`,
    { hint: 'move the certificate directory to a path without it' },
  );
}
