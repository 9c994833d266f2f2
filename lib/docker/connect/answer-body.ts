/** What the body of an answer says. */

/** What `GET /version` says of the engine and its API. */
export interface EngineVersion {
  /** Podman serves Docker's API, too. */
  readonly engine: 'Docker' | 'Podman';
  readonly version: string;
  /** The newest version of the API that it speaks. */
  readonly apiVersion: string;
  /** The oldest one; undefined where it does not say. */
  readonly minApiVersion: string | undefined;
}

/** Reads an answer to `GET /version`; undefined where that is not of Docker's API. */
export function apiVersionOf(body: string): EngineVersion | undefined {
  const value = parseBody(body);
  if (typeof value !== 'object' || value === null || !('ApiVersion' in value)) return undefined;
  const {
    ApiVersion: apiVersion,
    MinAPIVersion: minApiVersion,
    Version: version,
    Components: components,
  } = value as Record<string, unknown>;
  if (typeof apiVersion !== 'string') return undefined;
  const isPodman = Array.isArray(components) && components.some(isPodmanEngine);
  return {
    engine: isPodman ? 'Podman' : 'Docker',
    version: typeof version === 'string' ? version : '',
    apiVersion,
    minApiVersion: typeof minApiVersion === 'string' ? minApiVersion : undefined,
  };
}

function isPodmanEngine(component: unknown): boolean {
  return (
    typeof component === 'object' &&
    component !== null &&
    'Name' in component &&
    component.Name === 'Podman Engine'
  );
}

/** Also where an authorization plugin says no, which comes without the header that tells the API's version. */
export function isDockers(body: string): boolean {
  if (apiVersionOf(body) !== undefined) return true;
  const value = parseBody(body);
  return typeof value === 'object' && value !== null && Object.keys(value).join() === 'message';
}

/** What an answer says to a person, in one line: Docker's `message`, or its first line of text. */
export function messageOf({ body }: { readonly body: string }): string {
  const value = parseBody(body);
  const message =
    typeof value === 'object' && value !== null && 'message' in value ? value.message : undefined;
  const text = typeof message === 'string' ? message : /^\s*[<{[]/.test(body) ? '' : body;
  return (text.trim().split('\n', 1)[0] ?? '').slice(0, 200);
}

function parseBody(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
