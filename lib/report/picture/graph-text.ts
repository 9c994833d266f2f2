import { seen } from '../status-texts.js';
import type { CertificateGraph, GraphNode } from './graph.js';
import { graphSvg } from './graph-svg.js';
import { edgeWords, flawed, graphSummary, nodeLines } from './graph-words.js';

/** What a graph can be written as. */
export const graphFormats = ['tree', 'mermaid', 'dot', 'svg'] as const;

export type GraphFormat = (typeof graphFormats)[number];

export interface GraphTextOptions {
  /** Draws the branches of a tree in ASCII. Default: false. */
  readonly ascii?: boolean | undefined;
}

/**
 * Writes a graph as a tree for a terminal, as a flowchart for Mermaid, as a digraph for Graphviz or as an SVG picture. Names are
 * escaped for each, so that none breaks its form. Ends with a line end.
 */
export async function graphText(
  graph: CertificateGraph,
  format: GraphFormat,
  { ascii = false }: GraphTextOptions = {},
): Promise<string> {
  if (format === 'svg') return graphSvg(graph);
  const lines = format === 'tree' ? tree(graph, ascii) : format === 'mermaid' ? mermaid(graph) : dot(graph);
  return lines.map((line) => `${line}\n`).join('');
}

const branches = {
  lines: { fork: '├── ', last: '└── ', on: '│   ', off: '    ' },
  ascii: { fork: '|-- ', last: '`-- ', on: '|   ', off: '    ' },
} as const;

/** What a CA signs stands below it. What signs itself in a circle is shown once. */
function tree({ title, nodes, edges }: CertificateGraph, ascii: boolean): string[] {
  const { fork, last, on, off } = branches[ascii ? 'ascii' : 'lines'];
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const signed = edges.filter(({ kind }) => kind === 'signs');
  const shown = new Set<GraphNode>();
  const linesOf = (node: GraphNode): string[] => {
    shown.add(node);
    const [head = '', ...rest] = nodeLines(node).map(seen);
    const reasons = signed.flatMap(({ to, broken }) =>
      to === node.id && broken !== undefined ? [seen(`signature ${flawed(broken)}`)] : [],
    );
    const trusted = edges.flatMap((edge) => {
      if (edge.kind !== 'trusts' || edge.from !== node.id) return [];
      const words = `trusts ${byId.get(edge.to)?.file ?? ''}`;
      return [seen(edge.broken === undefined ? words : `${words}; ${flawed(edge.broken)}`)];
    });
    const below = signed.flatMap(({ from, to }) => {
      const child = from === node.id ? byId.get(to) : undefined;
      return child && !shown.has(child) ? [child] : [];
    });
    const own = [...rest, ...trusted, ...reasons].map((line) => `${below.length > 0 ? on : off}${line}`);
    return [
      head,
      ...own,
      ...below.flatMap((child, at) => {
        const isLast = at === below.length - 1;
        return linesOf(child).map(
          (line, row) => `${row === 0 ? (isLast ? last : fork) : isLast ? off : on}${line}`,
        );
      }),
    ];
  };
  const isBelow = new Set(signed.map(({ to }) => to));
  const roots = nodes.filter(({ id }) => !isBelow.has(id));
  const inTree = roots.flatMap(linesOf);
  // A circle of cross-signed CAs has no root.
  const inCircles = nodes.flatMap((node) => (shown.has(node) ? [] : linesOf(node)));
  return [`In ${seen(title)}:`, '', ...inTree, ...inCircles];
}

/** Of each kind another shape. */
const mermaidShapes: Readonly<Record<GraphNode['kind'], readonly [open: string, close: string]>> = {
  ca: ['{{', '}}'],
  server: ['[', ']'],
  client: ['([', '])'],
  missing: ['[/', '/]'],
  key: ['>', ']'],
  damaged: ['[\\', '\\]'],
};

function mermaid(graph: CertificateGraph): string[] {
  const quoted = (lines: readonly string[]): string => `"${lines.map(mermaidEscaped).join('<br/>')}"`;
  return [
    'flowchart TD',
    '  accTitle: Certificates and the CAs that signed them',
    `  accDescr: ${graphSummary(graph)}`,
    ...graph.nodes.map((node) => {
      const [open, close] = mermaidShapes[node.kind];
      return `  ${node.id}${open}${quoted(nodeLines(node))}${close}`;
    }),
    ...graph.edges.map((edge) => {
      const { from, to, kind, broken } = edge;
      const end = broken === undefined ? '>' : 'x';
      const arrow = kind === 'signs' ? `--${end}` : `-.-${end}`;
      return `  ${from} ${arrow}|${quoted([edgeWords(edge)])}| ${to}`;
    }),
  ];
}

/** Mermaid's own codes, by number, for all that could have a meaning to it or to a browser. */
function mermaidEscaped(text: string): string {
  return seen(text).replace(
    /[^\p{L}\p{N} .,:'/=@*_-]/gu,
    (character) => `#${character.codePointAt(0) ?? 0};`,
  );
}

const dotShapes: Readonly<Record<GraphNode['kind'], string>> = {
  ca: 'hexagon',
  server: 'box',
  client: 'ellipse',
  missing: 'parallelogram',
  key: 'note',
  damaged: 'octagon',
};

function dot(graph: CertificateGraph): string[] {
  const quoted = (lines: readonly string[]): string =>
    `"${lines.map((line) => seen(line).replace(/["\\]/g, String.raw`\$&`)).join(String.raw`\n`)}"`;
  return [
    'digraph certificates {',
    `  label=${quoted([graph.title])};`,
    '  node [fontname="sans-serif"];',
    '  edge [fontname="sans-serif"];',
    ...graph.nodes.map((node) => {
      const outline = node.kind === 'missing' || node.flaws.length > 0 ? ', style=dashed' : '';
      return `  ${node.id} [shape=${dotShapes[node.kind]}, label=${quoted(nodeLines(node))}${outline}];`;
    }),
    ...graph.edges.map((edge) => {
      const { from, to, kind, broken } = edge;
      const style = kind === 'trusts' ? 'dotted' : broken === undefined ? 'solid' : 'dashed';
      const head = broken === undefined ? 'normal' : 'tee';
      const free = kind === 'trusts' ? ', constraint=false' : '';
      return `  ${from} -> ${to} [label=${quoted([edgeWords(edge)])}, style=${style}, arrowhead=${head}${free}];`;
    }),
    '}',
  ];
}
