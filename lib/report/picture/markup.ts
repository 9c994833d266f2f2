import { seen } from '../status-texts.js';

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** A text for an element or an attribute of HTML and XML. What nobody can see is shown as JSON would escape it. */
export function escaped(text: string): string {
  return seen(text).replace(/[&<>"']/g, (character) => entities[character] ?? '');
}
