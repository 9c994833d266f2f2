import type { Note } from '../lib/internal.js';
import { describeNote } from './present.js';
import { errorStyle, say } from './streams.js';

/** What a person should know: results go elsewhere. */
export function sayNotes(notes: readonly Note[]): void {
  say(...notes.map((note) => describeNote(note, errorStyle())));
}
