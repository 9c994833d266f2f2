/** The names that the command line needs beyond the public ones. The package does not export them. */
export { issue, readCertificates } from './issue/issue.js';
export type { CsrOptions } from './authority/request-options.js';
export type { CrlRequest } from './authority/crl-options.js';
export { walkIssued, type WalkedList } from './authority/issued.js';
export { previewRebuild, type RebuiltIndex } from './authority/rebuild-index.js';
export { revocationReasons } from './x509/ca-index.js';
export type { AskedRequest } from './authority/sign-options.js';
export { issueOptions, type HeededOption, type IssueRequest, type OptionName } from './issue/options.js';
export {
  installTarget,
  planToDaemon,
  type InstalledRenewal,
  type InstallOption,
} from './renew/renew-install.js';
export { installCommand } from './docker/install/installed-copy.js';
export { bundleLayouts } from './docker/client/bundle.js';
export { daemonKinds } from './docker/daemon/places.js';
export type { RenewRequest } from './renew/renew-request.js';
export type { RenewCaRequest } from './renew/renew-ca.js';
export type { HookChange, HookResult } from './renew/hook.js';
export {
  findTimer,
  timerFiles,
  timerKinds,
  type FoundTimer,
  type TimerFile,
  type TimerKind,
  type TimerTask,
} from './docker/install/timer.js';
export { encryptedCaKeys } from './renew/signer.js';
export type { AddPassphraseOptions, RewrittenKey } from './renew/passphrase.js';
export type { ExplainedCertificate } from './report/explain.js';
export { graphFormats } from './report/picture/graph-text.js';
export type { InspectedCertificate, InspectedKey } from './report/inspect.js';
export { certificateStates, writeStatus, type CertificateState } from './report/status.js';
export {
  nagiosCodes,
  nagiosLine,
  nagiosState,
  nagiosText,
  prometheusText,
  statusWarnings,
} from './report/status-texts.js';
export type { Severity } from './report/verify/rule.js';
export { explainMessage, nearestMessages, type KnownMessage } from './judge/messages.js';
export { digests } from './steps/req.js';
export { purposes } from './steps/verify.js';
export { ciphers } from './steps/encryption.js';
export { recipeNames, tutorials } from './recipes/catalogue.js';
export { shellWord } from './shell/sh.js';
export { artifactsOf, type Artifact } from './plan/schedule.js';
export type { Note, OpensslStep } from './plan/step.js';
export { formatAltName } from './x509/alt-names.js';
export { altNamesOf, commonNameOf, notAfter, notBefore } from './x509/certificate.js';
export { formatSubject } from './x509/subject.js';
export { keyTypeName, keyTypeNames } from './x509/key-type.js';
export { formatWithin, parseWithin, type Within } from './x509/life.js';
export { allCaFiles, caFiles, clientCaFiles, parseName } from './set/layout.js';
export type { Credentials } from './docker/client/credentials.js';
export type { HostChange } from './docker/daemon/host.js';
export { endpointUrl, formatEndpoint, parseEndpoint, TLS_PORT, type Endpoint } from './x509/endpoint.js';
export { runningDaemons } from './docker/daemon/daemon-start.js';
export { whereIs } from './docker/doctor/programs.js';
export { daemonPort } from './docker/daemon/port.js';
export { endpointCalled } from './docker/daemon/called.js';
export { directoryOf } from './docker/client/credential-files.js';
export { unsetLines } from './docker/client/environment.js';
export { shellOf, shells, syntaxOf, type Shell } from './shell/shells.js';
export type { InstalledClient } from './docker/client/install-client.js';
export { encryptionSuffixes } from './docker/client/recipients.js';
export { configurationDirectory } from './docker/client/context-store.js';
export { dockerCommandLine, type ContextPlan } from './docker/client/context.js';
export { snippetNames } from './docker/client/snippet.js';
export {
  clientModeArguments,
  clientModeEnvironment,
  clientModes,
  exportLine,
  type ClientMode,
} from './docker/client/client-modes.js';
export {
  daemonFormats,
  daemonModes,
  daemonText,
  type DaemonConfiguration,
  type DaemonFormat,
} from './docker/daemon/daemon.js';
export { podmanUnitName } from './docker/daemon/podman-unit.js';
export { whyChangeable } from './store/safety.js';
export { optionNames } from './issue/read-options.js';
export { problemLine } from './fleet/file/problems.js';
export { nearest } from './known-options.js';
export { openKey } from './set/pairs.js';
export {
  wordsOf,
  type CallName,
  type CallPart,
  type OptionPart,
  type OptionValue,
  type Text,
} from './words.js';
export { previewSignFleet } from './fleet/apply/preview-sign-fleet.js';
export { previewCollectCsrs } from './fleet/csr/collect-csrs.js';
export { fleetFileNames, findFleetFile } from './fleet/find-fleet-file.js';
export { tokenAccess } from './openssl/capabilities.js';
export { abortSteps, isStep, rollOverSteps } from './fleet/roll-over/steps.js';
export type { MemberName } from './fleet/roll-over/prepare.js';
export type { StepVerdict } from './fleet/roll-over/look-at-host.js';
export { usesToken, withTokenAccess } from './plan/token-access.js';
export { fleetStatusSoFar } from './fleet/status/fleet-status.js';
export {
  fleetNagiosState,
  fleetNagiosText,
  fleetPrometheusText,
  fleetWarnings,
} from './fleet/status/fleet-status-texts.js';
export { memberStates, type DiskStatus, type FleetMemberState } from './fleet/status/host-status.js';
