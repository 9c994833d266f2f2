import type { CertificateGraph, GraphEdge, GraphNode } from './graph.js';

/** The words of a graph, in whichever form it is drawn. */

const kinds: Readonly<Record<GraphNode['kind'], string>> = {
  ca: 'CA',
  server: 'server',
  client: 'client',
  missing: 'not here',
  key: 'stray key',
  damaged: 'damaged',
};

/** The lines of a node: what it is, its file, its key, and what is wrong with it. */
export function nodeLines({ kind, name, file, key, flaws }: GraphNode): string[] {
  const head = kind === 'damaged' || kind === 'key' ? name : `${kinds[kind]}: ${name}`;
  return [
    head,
    ...(file === undefined ? [] : [file]),
    ...(key === undefined ? [] : [key]),
    ...flaws.map(flawed),
  ];
}

export function edgeWords({ kind, broken }: GraphEdge): string {
  return broken === undefined ? kind : `${kind}; ${flawed(broken)}`;
}

/** A word, so that nobody needs to see a colour. */
export function flawed(reason: string): string {
  return `broken: ${reason}`;
}

/** The graph in a sentence, for those who do not see it. */
export function graphSummary({ nodes, edges }: CertificateGraph): string {
  const of = (kind: GraphNode['kind'], one: string, more: string): string[] => {
    const count = nodes.filter((node) => node.kind === kind).length;
    return count === 0 ? [] : [`${count} ${count === 1 ? one : more}`];
  };
  const broken = edges.filter((edge) => edge.broken !== undefined).length;
  return [
    ...of('ca', 'CA', 'CAs'),
    ...of('server', 'server', 'servers'),
    ...of('client', 'client', 'clients'),
    ...of('missing', 'issuer that is not here', 'issuers that are not here'),
    ...(broken === 0 ? [] : [`${broken} broken ${broken === 1 ? 'edge' : 'edges'}`]),
  ].join(', ');
}
