import { libraryText, wordsOf, type Text } from '../words.js';
import type { Note } from './step.js';

/** Composes a note: its text in the library's words, and its parts where it names options or calls. */
export function note(code: Note['code'], text: Text): Note {
  return { code, text: libraryText(text), ...(typeof text === 'string' ? {} : { words: wordsOf(text) }) };
}
