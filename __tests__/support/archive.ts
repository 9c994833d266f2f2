/** A path, or a line that begins with one, below the directory of a time in `archive/`. */
const archived = /^archive\/\d[\dTZ-]+\/?(?<name>.*)$/;

/** Tells the files of a set from those that a command kept in `archive/`, which are named as they lie there. */
export function splitArchive(paths: readonly string[]): { own: string[]; kept: string[] } {
  const own = paths.filter((path) => path !== 'archive/' && !archived.test(path));
  const kept = paths.flatMap((path) => archived.exec(path)?.groups?.['name'] ?? []).filter(Boolean);
  return { own, kept };
}
