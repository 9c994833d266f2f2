import { isAskedName, readName, showAsked, showName, type AskedPart } from '../../x509/distinguished-name.js';
import type { DerValue } from '../../x509/der.js';
import { confValue, type Conf } from '../../x509/openssl-conf.js';
import { slashParts } from '../../x509/subject.js';
import type { OpensslStep } from '../../plan/step.js';
import { hasFlag, wordAfter } from './words.js';

/** The name that `openssl req` is to write. */
export interface AskedSubject {
  readonly parts: readonly AskedPart[];
  /** Whether its strings are UTF-8 wherever there is a choice. */
  readonly onlyUtf8: boolean;
}

/** From -subj, or else from the configuration; undefined where openssl would ask for it. */
export function askedSubject(step: OpensslStep, conf: Conf): AskedSubject | undefined {
  const onlyUtf8 = confValue(conf, 'req', 'string_mask') === 'utf8only';
  const subj = wordAfter(step, '-subj');
  if (subj !== undefined) {
    // Without -utf8 openssl takes each octet for a character (openssl-req(1)).
    const text = hasFlag(step, '-utf8') ? subj : Buffer.from(subj).toString('latin1');
    const parts = slashParts(text).map(([type, value]) => ({ type, value, joined: false }));
    return { parts, onlyUtf8 };
  }
  const section = confValue(conf, 'req', 'distinguished_name');
  const lines = section === undefined ? undefined : conf.sections.get(section);
  if (!lines || confValue(conf, 'req', 'prompt') !== 'no' || conf.includes) return undefined;
  const utf8 = confValue(conf, 'req', 'utf8') === 'yes';
  const parts: AskedPart[] = [];
  for (const { name, value } of lines) {
    if (value === undefined) return undefined;
    // What stands before the first of these makes the line's name unique.
    const [, rest = ''] = /^(?:[^:,.]*[:,.](?=.))?(.*)$/.exec(name) ?? [];
    const joined = rest.startsWith('+');
    const text = utf8 ? Buffer.from(value, 'latin1').toString('utf8') : value;
    parts.push({ type: joined ? rest.slice(1) : rest, value: text, joined });
  }
  return { parts, onlyUtf8 };
}

/** Compares a name with what was asked for: the difference, or undefined. */
export function subjectDifference(
  name: DerValue,
  { parts, onlyUtf8 }: AskedSubject,
  what = 'subject',
): string | undefined {
  const found = readName(name);
  if (isAskedName(found, parts, false) === false)
    return `its ${what} is ${showName(found)}, not ${showAsked(parts)}`;
  return isAskedName(found, parts, onlyUtf8) === false
    ? `the strings of its ${what} ${showName(found)} are not UTF-8`
    : undefined;
}

/** The same for a name that has to be another, octet by octet. */
export function nameDifference(name: DerValue, wanted: DerValue, what: string): string | undefined {
  if (name.octets.equals(wanted.octets)) return undefined;
  const [found, asked] = [showName(readName(name)), showName(readName(wanted))];
  return `its ${what} is ${found}, not ${asked}${found === asked ? ', octet by octet' : ''}`;
}
