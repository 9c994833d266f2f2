import { refusePath } from './refuse-path.js';
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
  refusePath('the configuration of nginx', /[$\p{Cc}]/u, path, option);
  return plain.test(path) ? path : `"${path.replace(/[\\"]/g, '\\$&')}"`;
}

/** HAProxy's single quotes are those of a shell, but a line ends even there. */
export function haproxyPath(path: string, option: string): string {
  refusePath('the configuration of HAProxy', /\p{Cc}/u, path, option);
  return shellWord(path);
}

/**
 * In Caddy's backquotes nothing has a meaning; in its double quotes a backslash has one before a quote and cannot be escaped.
 * `{…}` is a placeholder and `{$…}` a variable, even in quotes and comments.
 */
export function caddyPath(path: string, option: string): string {
  refusePath(
    'the configuration of Caddy',
    path.includes('`') ? /\p{Cc}|\{\$|\{.*\}|\\"/u : /\p{Cc}|\{\$|\{.*\}/u,
    path,
    option,
  );
  if (plain.test(path)) return path;
  return path.includes('`') ? `"${path.replaceAll('"', '\\"')}"` : `\`${path}\``;
}

/** Text for a comment in a Caddyfile. */
export function caddyComment(text: string): string {
  return text.replace(/[\p{Cc}{}]/gu, '?');
}
