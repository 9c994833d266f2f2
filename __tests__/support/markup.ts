import { DOMParser, type Document, type Element } from '@xmldom/xmldom';

/** Parses a page or a picture as XML, which refuses what a browser would guess about. */
export function parsed(text: string, type: 'text/xml' | 'image/svg+xml' = 'text/xml'): Document {
  return new DOMParser({
    onError(level, message) {
      throw new Error(`${level}: ${message}`);
    },
  }).parseFromString(text, type);
}

/** The elements of a name, in their order. */
export function elements(of: Document | Element, name: string): Element[] {
  return [...of.getElementsByTagName(name)];
}

/** Those that have a class. */
export function classed(of: Document | Element, name: string, className: string): Element[] {
  return elements(of, name).filter((one) => (one.getAttribute('class') ?? '').split(' ').includes(className));
}
