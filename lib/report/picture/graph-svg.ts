import { seen } from '../status-texts.js';
import type { CertificateGraph, GraphEdge, GraphNode } from './graph.js';
import { edgeWords, graphSummary, nodeLines } from './graph-words.js';
import { escaped } from './markup.js';

/** In pixels. */
const CHARACTER = 8;
const LINE = 18;
const PADDING = 12;
const MARGIN = 16;
/** So many characters of a line are shown; the title of the element has all. */
const MOST = 56;

const style = `
svg { --text: #1b1f24; --ground: #ffffff; --line: #59636e; --bad: #cf222e; background: var(--ground); }
@media (prefers-color-scheme: dark) {
  svg { --text: #e6edf3; --ground: #0d1117; --line: #9198a1; --bad: #f85149; }
}
text { font: 13px ui-monospace, monospace; fill: var(--text); }
.name { font-weight: bold; }
.edge text { text-anchor: middle; paint-order: stroke; stroke: var(--ground); stroke-width: 4px; }
.shape, .line { fill: none; stroke: var(--line); stroke-width: 1.5px; }
.shape { fill: var(--ground); }
.ca .shape { stroke-width: 4px; }
.missing .shape, .key .shape, .damaged .shape { stroke-dasharray: 6 4; }
.trusts .line { stroke-dasharray: 2 4; }
.broken .shape, .broken .line { stroke: var(--bad); }
.broken.signs .line { stroke-dasharray: 10 5; }
.head { fill: var(--line); }
.broken .head { fill: none; stroke: var(--bad); stroke-width: 2px; }
`;

/** Draws a graph as a picture that stands alone, for light and dark. Shapes, dashes and words say what colours say. */
export async function graphSvg(graph: CertificateGraph): Promise<string> {
  const { default: dagre } = await import('@dagrejs/dagre');
  const { title, nodes, edges } = graph;
  const plan = new dagre.graphlib.Graph({ multigraph: true });
  plan.setGraph({ rankdir: 'TB', nodesep: 32, ranksep: 56, edgesep: 24, marginx: MARGIN, marginy: MARGIN });
  for (const node of nodes) plan.setNode(node.id, sizeOf(nodeLines(node)));
  edges.forEach((edge, at) => {
    // A CA stands above those that trust it, too.
    const [above, below] = edge.kind === 'signs' ? [edge.from, edge.to] : [edge.to, edge.from];
    plan.setEdge(above, below, { ...sizeOf([edgeWords(edge)]), labelpos: 'c' }, String(at));
  });
  dagre.layout(plan);
  const { width = 0, height = 0 } = plan.graph() as { width?: number; height?: number };
  const [wide, high] = [Math.ceil(Math.max(width, 2 * MARGIN)), Math.ceil(Math.max(height, 2 * MARGIN))];
  const drawnEdges = edges.map((edge, at) => {
    const [above, below] = edge.kind === 'signs' ? [edge.from, edge.to] : [edge.to, edge.from];
    return edgeElement(edge, plan.edge(above, below, String(at)) as unknown as Way, nodes);
  });
  const drawnNodes = nodes.map((node) => nodeElement(node, plan.node(node.id) as Box));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${wide} ${high}" width="${wide}" height="${high}" role="img" aria-labelledby="title desc">`,
    `<title id="title">Certificates in ${escaped(title)}</title>`,
    `<desc id="desc">${escaped(graphSummary(graph))}</desc>`,
    `<style>${style}</style>`,
    ...drawnEdges,
    ...drawnNodes,
    '</svg>',
    '',
  ].join('\n');
}

interface Point {
  readonly x: number;
  readonly y: number;
}

interface Box extends Point {
  readonly width: number;
  readonly height: number;
}

/** `x` and `y`: the middle of the label. */
interface Way extends Point {
  readonly points: readonly Point[];
}

function shortened(line: string): string {
  const letters = Array.from(seen(line));
  return letters.length <= MOST ? letters.join('') : `${letters.slice(0, MOST - 1).join('')}…`;
}

/** Cells of a terminal, which a monospaced font has, too: characters beyond ASCII may be twice as wide. */
function cellsOf(line: string): number {
  return Array.from(line).reduce((sum, character) => sum + (character <= '\u02ff' ? 1 : 2), 0);
}

function sizeOf(lines: readonly string[]): { width: number; height: number } {
  const cells = Math.max(...lines.map((line) => cellsOf(shortened(line))));
  return { width: cells * CHARACTER + 2 * PADDING, height: lines.length * LINE + 2 * PADDING };
}

function nodeElement(node: GraphNode, box: Box): string {
  const { x, y, width, height } = box;
  const [left, top] = [x - width / 2, y - height / 2];
  const lines = nodeLines(node);
  const classes = ['node', node.kind, ...(node.flaws.length > 0 ? ['broken'] : [])].join(' ');
  const corner = { ca: 0, server: 4, client: height / 2 }[node.kind as string] ?? 0;
  return [
    `<g class="${classes}">`,
    `<title>${escaped(lines.join('; '))}</title>`,
    `<rect class="shape" x="${px(left)}" y="${px(top)}" width="${px(width)}" height="${px(height)}" rx="${px(Math.min(corner, PADDING + LINE))}" />`,
    ...lines.map(
      (line, at) =>
        `<text${at === 0 ? ' class="name"' : ''} x="${px(left + PADDING)}" y="${px(top + PADDING + LINE * (at + 0.75))}">${escaped(shortened(line))}</text>`,
    ),
    '</g>',
  ].join('');
}

function edgeElement(edge: GraphEdge, { points, x, y }: Way, nodes: readonly GraphNode[]): string {
  const way = edge.kind === 'signs' ? points : points.toReversed();
  const end = way.at(-1) ?? { x, y };
  const before = way.at(-2) ?? end;
  const angle = (Math.atan2(end.y - before.y, end.x - before.x) * 180) / Math.PI;
  const nameOf = (id: string): string => nodes.find((node) => node.id === id)?.name ?? '';
  const classes = ['edge', edge.kind, ...(edge.broken === undefined ? [] : ['broken'])].join(' ');
  const head = edge.broken === undefined ? 'M0 0L-10 -5L-10 5Z' : 'M-10 -6L2 6M-10 6L2 -6';
  return [
    `<g class="${classes}">`,
    `<title>${escaped(`${nameOf(edge.from)} ${edge.kind} ${nameOf(edge.to)}${edge.broken === undefined ? '' : `; broken: ${edge.broken}`}`)}</title>`,
    `<polyline class="line" points="${way.map((point) => `${px(point.x)},${px(point.y)}`).join(' ')}" />`,
    `<path class="head" d="${head}" transform="translate(${px(end.x)} ${px(end.y)}) rotate(${px(angle)})" />`,
    `<text x="${px(x)}" y="${px(y + 4)}">${escaped(shortened(edgeWords(edge)))}</text>`,
    '</g>',
  ].join('');
}

function px(number: number): string {
  return String(Math.round(number * 10) / 10);
}
