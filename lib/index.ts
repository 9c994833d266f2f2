/** Every public name, written out. */

// The main job.
export {
  all,
  ca,
  client,
  issue,
  readCertificates,
  server,
  type Issued,
  type IssueOptions,
} from './issue/issue.js';
export { planIssue } from './issue/plan-issue.js';
export { type IssuePlan, type PlanOptions } from './issue/issue-plan.js';
export type { IssueRequest, PassphraseQuestion, PassphraseSource } from './issue/options.js';
export type { Part } from './x509/role.js';

// The life of a certificate.
export { planRenewal, renew, type InstallOptions, type Renewal, type RenewOptions } from './renew/renew.js';
export {
  installTarget,
  planToDaemon,
  type InstalledRenewal,
  type InstallOption,
  type InstallTarget,
} from './renew/renew-install.js';
export { installCommand, type InstalledCopy, type InstallPlace } from './docker/install/installed-copy.js';
export type { RenewalPlan, RenewedCertificate, SkippedCertificate } from './renew/renewal-plan.js';
export type { RenewRequest } from './renew/renew-request.js';
export {
  planRenewCa,
  renewCa,
  type RenewCaOptions,
  type RenewCaRequest,
  type RenewedCa,
} from './renew/renew-ca.js';
export type { CaStage, RenewCaPlan } from './renew/plan-ca-renewal.js';
export {
  planRollback,
  rollback,
  type Rollback,
  type RollbackOptions,
  type RollbackPlan,
} from './renew/rollback.js';

export {
  hookEnvironment,
  runHook,
  type HookChange,
  type HookOptions,
  type HookResult,
} from './renew/hook.js';
export {
  findTimer,
  installTimer,
  removeTimer,
  timerFiles,
  timerKinds,
  type FoundTimer,
  type InstalledTimer,
  type TimerFile,
  type TimerKind,
} from './docker/install/timer.js';
export { ownProgram, type OwnProgram } from './process/own-program.js';
export { encryptedCaKeys } from './renew/signer.js';
// The passphrase of a key that is there.
export {
  addPassphrase,
  changePassphrase,
  removePassphrase,
  type AddPassphraseOptions,
  type ChangePassphraseOptions,
  type KeyOptions,
  type RemovePassphraseOptions,
  type RewrittenKey,
} from './renew/passphrase.js';
export { keyEncryption, type KeyDerivation, type KeyEncryption } from './x509/key-encryption.js';

// What is there, how long it lives, and what clients will say to it.
export {
  explain,
  type ClientVerdict,
  type ClientWords,
  type ExplainedCertificate,
  type ExplainOptions,
  type Explanation,
  type RefusalReason,
} from './report/explain.js';
export {
  inspect,
  type InspectedCertificate,
  type InspectedKey,
  type Inspection,
  type InspectOptions,
} from './report/inspect.js';
export {
  certificateStates,
  status,
  writeStatus,
  type BrokenFile,
  type CertificateState,
  type CertificateStatus,
  type Status,
  type StatusOptions,
} from './report/status.js';
export {
  nagiosCodes,
  nagiosLine,
  nagiosState,
  nagiosText,
  prometheusText,
  statusWarnings,
  type NagiosState,
  type StatusWarning,
} from './report/status-texts.js';
export {
  verifyDirectory,
  type Verification,
  type VerifyDirectoryOptions,
  type VerifyFinding,
} from './report/verify-directory.js';
export type { Severity } from './report/verify/rule.js';
export { clients, type ClientId } from './judge/clients.js';
export { explainMessage, type KnownMessage } from './judge/messages.js';

// The steps: each as a pure value and as an awaitable function.
export { genpkey, genpkeyStep, type GenpkeyOptions } from './steps/genpkey.js';
export { genrsa, genrsaStep, type GenrsaOptions } from './steps/genrsa.js';
export { pkey, pkeyStep, type PkeyOptions } from './steps/pkey.js';
export { reqX509, reqX509Step, type ReqX509Options } from './steps/req-x509.js';
export { digests, req, reqStep, type Digest, type ReqOptions } from './steps/req.js';
export { rsa, rsaStep, type RsaOptions } from './steps/rsa.js';
export { purposes, verify, verifyStep, type Purpose, type VerifyOptions } from './steps/verify.js';
export { x509Req, x509ReqStep, type X509ReqOptions } from './steps/x509-req.js';
export { x509ToReq, x509ToReqStep, type X509ToReqOptions } from './steps/x509-to-req.js';
export { ciphers, type Cipher, type Encryption } from './steps/encryption.js';

// Recipes and plans.
export { recipeNames, recipes, tutorials, type RecipeName, type RecipeSummary } from './recipes/catalogue.js';
export type { Refusal, ServerNames, Tutorial, TutorialName, TutorialValues } from './recipes/tutorial.js';
export { script, type ScriptOptions } from './plan/script.js';
export { recommended, recommendedTemplates, type RecommendedOptions } from './recipes/recommended.js';
export type { ExistingCa, WantedCa, WantedLeaf } from './recipes/recommended.js';
export { loadTemplates, type Templates } from './recipes/templates.js';
export { execute, type ExecuteOptions, type Execution } from './execute/execute.js';
export type { RunControl, StepEvent } from './execute/run-control.js';
export type { CertificateResult, StepOptions, StepResult } from './execute/execute-step.js';
export { argv, commandLine, planLines, shellWord } from './plan/command-line.js';
export { artifactsOf, dependencies, inputsOf, readsOf, writesOf, type Artifact } from './plan/schedule.js';
export type {
  Arg,
  CheckKeyStep,
  CheckStep,
  ConcatenateStep,
  CopyFileStep,
  EchoStep,
  MakeDirectoryStep,
  Note,
  OpensslCommand,
  OpensslStep,
  Plan,
  Product,
  RemoveStep,
  SetModeStep,
  Step,
  WriteFileStep,
} from './plan/step.js';

// The values.
export {
  formatAltName,
  parseAddresses,
  parseAltName,
  parseAltNames,
  type AltName,
} from './x509/alt-names.js';
export { altNamesOf, commonNameOf, notAfter, notBefore } from './x509/certificate.js';
export {
  certificateDetails,
  type AuthorityKeyIdentifier,
  type BasicConstraints,
  type CertificateDetails,
  type ExtendedKeyUsage,
  type Extension,
  type GeneralName,
  type KeyUsage,
  type KeyUsageName,
  type PublicKeyDetails,
  type SubjectAltName,
} from './x509/certificate-details.js';
export {
  keyTypeName,
  keyTypeNameOf,
  keyTypeNames,
  parseKeyType,
  type EcCurve,
  type KeyType,
} from './x509/key-type.js';
export { Passphrase } from './x509/passphrase.js';
export { parseSerial, serialFromBytes, type Serial } from './x509/serial.js';
export {
  formatSubject,
  parseSubject,
  rdn,
  type AttributeType,
  type Rdn,
  type Subject,
} from './x509/subject.js';
export { formatWithin, parseWithin, type LifeState, type Within } from './x509/life.js';
export { daysWithin, parseDays, type Days } from './x509/validity.js';

// The certificate directory, and what Docker is told about it.
export {
  caFiles,
  leafFiles,
  parseName,
  setFiles,
  type LeafFiles,
  type PairFiles,
  type SetFiles,
} from './set/layout.js';
export { type LeafRole } from './x509/role.js';
export { clientEnvironmentLine, dockerdLine, type Advice } from './recipes/advice.js';
export { connect, type Connection, type ConnectOptions } from './docker/connect/connect.js';
export type { ConnectionCheck, ConnectionCheckId } from './docker/connect/check.js';
export { doctor, type Diagnosis, type DoctorOptions } from './docker/doctor/doctor.js';
export type { Finding, FindingId } from './docker/doctor/finding.js';
export { readCredentials, type Credentials, type CredentialsOptions } from './docker/client/credentials.js';
export type { HostChange, HostChanges, HostOptions } from './docker/daemon/host.js';
export { daemonJsonPath } from './docker/daemon/daemon-json.js';
export {
  installDaemon,
  type DaemonInstallation,
  type InstallDaemonOptions,
} from './docker/install/install-daemon.js';
export { uninstallDaemon } from './docker/install/uninstall-daemon.js';
export { endpointUrl, formatEndpoint, parseEndpoint, TLS_PORT, type Endpoint } from './x509/endpoint.js';
export { endpointCalled, type CalledOptions } from './docker/daemon/called.js';
export { daemonPort } from './docker/daemon/port.js';
export { directoryOf } from './docker/client/credential-files.js';
export {
  clientEnvironment,
  environmentLines,
  quotedFor,
  shellOf,
  shells,
  unsetLines,
  type ClientEnvironment,
  type Shell,
} from './docker/client/environment.js';
export {
  installClient,
  planInstallClient,
  type InstallClientOptions,
  type InstalledClient,
  type InstalledFile,
} from './docker/client/install-client.js';
export {
  configurationDirectory,
  dockerCommandLine,
  planContext,
  syncContext,
  type ContextOptions,
  type ContextPlan,
} from './docker/client/context.js';
export { snippet, snippetNames, type Snippet, type SnippetName } from './docker/client/snippet.js';
export { bundle, writeBundle, type Bundle } from './docker/client/bundle.js';
export {
  clientModeArguments,
  clientModeEnvironment,
  clientModes,
  exportLine,
  type ClientMode,
} from './docker/client/client-modes.js';
export {
  daemonConfiguration,
  daemonFormats,
  daemonModes,
  daemonText,
  type DaemonConfiguration,
  type DaemonFormat,
  type DaemonMode,
  type DaemonOptions,
} from './docker/daemon/daemon.js';
export { whyChangeable } from './store/safety.js';
export type { LockOptions } from './store/lock.js';
export type { PlacedFile, PlaceState } from './store/place-files.js';

// openssl.
export { findOpenssl, type FindOptions, type Openssl } from './openssl/find.js';
export { can, type Capability, type OpensslVersion } from './openssl/capabilities.js';

// Errors.
export {
  ConfigurationError,
  DifferenceError,
  DirectoryError,
  DockerError,
  DockerTlsError,
  InputError,
  InterruptedError,
  OpensslError,
  PassphraseError,
  isDockerTlsError,
  type AnyDockerTlsError,
  type ErrorCode,
  type OpensslQueueEntry,
  type OpensslReason,
} from './errors.js';
