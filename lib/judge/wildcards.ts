/**
 * How a client compares a host with a wildcard of a certificate. RFC 9525 §6.3 lets a star stand for the whole first label;
 * clients differ in what else they take.
 */
export interface WildcardRules {
  /** How many labels must follow the star: `*.lan` has one. */
  readonly after: 1 | 2;
  /** Where the star may stand in a label of more characters: `*1`, `d*1`, `d*`. */
  readonly partial: readonly ('front' | 'middle' | 'back')[];
  /** Whether it stands for a label with an underscore. */
  readonly underscore: boolean;
  /** Whether any label may have a star, and not only the first. */
  readonly anywhere: boolean;
}

const usual: WildcardRules = { after: 2, partial: [], underscore: true, anywhere: false };

/** As measured. */
export const wildcards = {
  go: { ...usual, after: 1 },
  python: { ...usual, underscore: false },
  urllib3: { ...usual, after: 1, partial: ['front', 'middle', 'back'] },
  node: { ...usual, partial: ['front', 'middle', 'back'] },
  curl: usual,
  java: { ...usual, after: 1, partial: ['front', 'middle', 'back'], anywhere: true },
  gnutls: { ...usual, partial: ['front'] },
  nss: { ...usual, partial: ['back'] },
  rustls: usual,
  openssl: { ...usual, partial: ['front', 'back'], underscore: false },
} as const satisfies Readonly<Record<string, WildcardRules>>;

/** Tells whether a name of a certificate is that of the host, by a client's rules. Both are in small letters. */
export function isNameOf(host: string, name: string, rules: WildcardRules): boolean {
  if (name === host) return true;
  const [labels, called] = [name.split('.'), host.split('.')];
  if (labels.length !== called.length || labels.length <= rules.after) return false;
  return labels.every((label, at) => {
    const other = called[at] ?? '';
    if (!label.includes('*')) return label === other;
    return (at === 0 || rules.anywhere) && isLabelOf(other, label, rules);
  });
}

function isLabelOf(label: string, pattern: string, { partial, underscore }: WildcardRules): boolean {
  if (!underscore && label.includes('_')) return false;
  if (pattern === '*') return true;
  const [before = '', after = '', ...more] = pattern.split('*');
  if (more.length > 0) return false;
  const place = before === '' ? 'front' : after === '' ? 'back' : 'middle';
  if (!partial.some((one) => one === place)) return false;
  return label.length > before.length + after.length && label.startsWith(before) && label.endsWith(after);
}
