import { browserMessages } from './messages/browsers.js';
import { certificateFlawsMessages } from './messages/certificate-flaws.js';
import { certificateTrustMessages } from './messages/certificate-trust.js';
import { connectionMessages } from './messages/connection.js';
import { daemonLogMessages } from './messages/daemon-log.js';
import { daemonStartSettingsMessages } from './messages/daemon-start-settings.js';
import { daemonStartSocketsMessages } from './messages/daemon-start-sockets.js';
import { daemonStartTlsMessages } from './messages/daemon-start-tls.js';
import { dockerContextMessages } from './messages/docker-context.js';
import { dockerRelativesMessages } from './messages/docker-relatives.js';
import { dockerMessages } from './messages/docker.js';
import { dotnetWindowsMessages } from './messages/dotnet-windows.js';
import { gnutlsNssMessages } from './messages/gnutls-nss.js';
import { goMessages } from './messages/go.js';
import { javaMessages } from './messages/java.js';
import { keyFilesMessages } from './messages/key-files.js';
import type { KnownMessage } from './messages/message.js';
import { nodeRustMessages } from './messages/node-rust.js';
import { opensslCurlMessages } from './messages/openssl-curl.js';
import { pythonMessages } from './messages/python.js';
import { systemdMessages } from './messages/systemd.js';
import { toolSettingsMessages } from './messages/tool-settings.js';
import { toolMessages } from './messages/tools.js';

export type { KnownMessage } from './messages/message.js';

/**
 * The known messages. The first match counts: what tells who says it, and where, comes first, for the daemon's log and a client
 * mean opposite things by the same words; what only says that a tool failed comes last.
 */
export const messages: readonly KnownMessage[] = [
  ...daemonLogMessages,
  ...daemonStartTlsMessages,
  ...daemonStartSettingsMessages,
  ...daemonStartSocketsMessages,
  ...dockerRelativesMessages,
  ...dockerContextMessages,
  ...toolSettingsMessages,
  ...pythonMessages,
  ...dockerMessages,
  ...javaMessages,
  ...nodeRustMessages,
  ...opensslCurlMessages,
  ...gnutlsNssMessages,
  ...browserMessages,
  ...goMessages,
  ...certificateFlawsMessages,
  ...certificateTrustMessages,
  ...dotnetWindowsMessages,
  ...keyFilesMessages,
  ...connectionMessages,
  ...systemdMessages,
  ...toolMessages,
];

/** Finds the meaning of a message, or of the first known message in a log; undefined for an unknown one. */
export function explainMessage(text: string): KnownMessage | undefined {
  const plain = plainText(text);
  return messages.find(({ pattern }) => pattern.test(plain));
}

/** The rows whose real messages share the most words with a text, the nearest first. */
export function nearestMessages(text: string, most = 3): KnownMessage[] {
  const asked = wordsIn(plainText(text));
  const scored = messages.map((message) => {
    const shared = message.said.map((said) => [...wordsIn(said)].filter((word) => asked.has(word)).length);
    return { message, score: Math.max(...shared) };
  });
  return scored
    .filter(({ score }) => score >= 2)
    .sort((one, other) => other.score - one.score)
    .slice(0, most)
    .map(({ message }) => message);
}

/** Typographic quotes, and the escapes of JSON and logfmt, also one in the other, as the program wrote them. */
function plainText(text: string): string {
  return text
    .replace(/[\u2018\u2019\u201a\u2032]/g, "'")
    .replace(/[\u201c\u201d\u201e]/g, '"')
    .replace(/\\+"/g, '"')
    .replace(/\\+u0027/gi, "'")
    .replace(/\\+u0022/gi, '"')
    .replace(/\\+u0026/gi, '&')
    .replace(/\\+u003c/gi, '<')
    .replace(/\\+u003e/gi, '>');
}

/** The words that tell messages apart: those of four letters and more, without numbers. */
function wordsIn(text: string): Set<string> {
  const common = new Set(['error', 'docker', 'failed', 'with', 'from', 'that', 'this', 'https', 'http']);
  const found = text.toLowerCase().match(/[a-z_]{4,}/g) ?? [];
  return new Set(found.filter((word) => !common.has(word)));
}
