import type { Stats } from 'node:fs';
import { readRegularNow } from './read-regular.js';

/**
 * Whether the group of a directory is the caller's own, with nobody else in it: what it can write, the caller can write. Many
 * systems give each user such a group, and let it write (`umask 002`). Never so for root, who can afford to be strict; nor
 * where the group is kept in another place than /etc/group and /etc/passwd (group(5), passwd(5)).
 */
export function isPrivateGroup({ gid }: Pick<Stats, 'gid'>): boolean {
  const uid = process.geteuid?.();
  if (uid === undefined || uid === 0 || gid !== process.getegid?.()) return false;
  const users = rows('/etc/passwd');
  const name = users.find((user) => Number(user[2]) === uid)?.[0];
  const group = rows('/etc/group').find((row) => Number(row[2]) === gid);
  if (name === undefined || !group) return false;
  const members = (group[3] ?? '').split(',').filter((member) => member !== '');
  const others = users.filter((user) => Number(user[3]) === gid && user[0] !== name);
  return others.length === 0 && members.every((member) => member === name);
}

function rows(path: string): string[][] {
  try {
    const text = readRegularNow(path)?.toString('utf8') ?? '';
    return text.split('\n').map((line) => line.split(':'));
  } catch {
    return [];
  }
}
