import { inspect } from 'node:util';

/** A copy that `console.log` and `util.inspect` show without the private keys in it, which `names` names. */
export function unshown<Value extends object>(value: Value, names: readonly (keyof Value & string)[]): Value {
  const hidden = Object.fromEntries(names.map((name) => [name, '<private key>']));
  const shown = { ...value, ...hidden };
  return Object.defineProperty({ ...value }, inspect.custom, { enumerable: false, value: () => shown });
}
