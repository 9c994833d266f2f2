// The public names. What only the command line needs is in `internal.ts`.

// Make certificates: the whole set, or one part of it.
export { all } from './issue/all.js';
export { ca, server, client, type IssueOptions, type Issued } from './issue/issue.js';
export { planIssue, previewIssue } from './issue/plan-issue.js';
export type { IssuePlan } from './issue/issue-plan.js';
export type { Part } from './x509/role.js';
export type { PassphraseQuestion } from './issue/options.js';

// Sets that do not last: in memory, or until the end of a scope.
export type { InMemoryOptions, InMemorySet, TemporarySetOptions } from './issue/in-memory.js';
export { temporarySet, type TemporarySet } from './issue/temporary-set.js';

// Have a set whenever a program starts, and hear what becomes of it.
export { ensure, type EnsureOptions, type Ensured } from './renew/ensure.js';
export { watch, type WatchEvent, type WatchOptions } from './report/watch.js';

// Renew them before they expire, once or every day, and roll back.
export { renew, previewRenewal, type RenewOptions, type Renewal } from './renew/renew.js';
export { renewCa, previewRenewCa, type RenewCaOptions, type RenewedCa } from './renew/renew-ca.js';
export { rollback, planRollback, type RollbackOptions, type Rollback } from './renew/rollback.js';
export { runHook } from './renew/hook.js';
export { installTimer, removeTimer } from './docker/install/timer.js';
export { ownProgram } from './process/own-program.js';

// Make a key where it is to stay, and sign for it elsewhere.
export { csr, previewCsr, type MadeCsr } from './authority/csr.js';
export { sign, previewSign, type Signed } from './authority/sign.js';
export type { SignOptions } from './authority/sign-options.js';

// Adopt a set that other tools made.
export {
  importSet,
  previewImport,
  type ImportedSet,
  type ImportOptions,
} from './authority/import/import-set.js';

// Keep an index of what a CA has issued, and revoke it.
export { issued, type IssuedOptions, type IssuedList, type IssuedCertificate } from './authority/issued.js';
export { rebuildIndex } from './authority/rebuild-index.js';
export { revoke, previewRevoke, type RevokeOptions, type Revocations } from './authority/revoke.js';
export { crl, previewCrl, type MadeCrl } from './authority/crl.js';
export type { CrlOptions } from './authority/crl-options.js';

// Fleets: many hosts from one file.
export { readFleet } from './fleet/file/read-fleet.js';
export type { FleetFile } from './fleet/file/fleet-file.js';
export type { Fleet } from './fleet/fleet.js';
export { startRollOver, rollOverStatus, nextRollOver, abortRollOver } from './fleet/roll-over/roll-over.js';
export { fleetAnsible, previewFleetAnsible, type WrittenPlaybooks } from './fleet/ansible/fleet-ansible.js';
export type { FleetAnsibleOptions, PlannedPlaybooks } from './fleet/ansible/plan-playbooks.js';
export { fleetCloudInit, fleetScript, type FleetScriptOptions } from './fleet/host-script/fleet-script.js';
export type { HostScript } from './fleet/host-script/host-script.js';
export { readRollOver, type RollOver } from './fleet/roll-over/state.js';
export { planFleet, type PlanFleetOptions } from './fleet/plan/plan-fleet.js';
export type { FleetAction, FleetItem, FleetPlan, FleetReason } from './fleet/plan/fleet-plan.js';
export { applyFleet, signFleet, type AppliedFleet } from './fleet/apply/apply-fleet.js';
export type { ApplyFleetOptions, FleetControl, SignFleetOptions } from './fleet/apply/apply-options.js';
export { collectCsrs, type CollectCsrsOptions, type CollectedCsrs } from './fleet/csr/collect-csrs.js';
export type { FleetEvent } from './fleet/apply/fleet-events.js';
export type { RollOverChange, StartRollOverRequest } from './fleet/roll-over/start.js';
export type { NextRollOverRequest } from './fleet/roll-over/next.js';
export type { RollOverStatus } from './fleet/roll-over/status.js';

// Passphrases, and those of existing private keys.
export { Passphrase } from './x509/passphrase.js';
export { addPassphrase, changePassphrase, removePassphrase } from './renew/passphrase.js';

// Inspect certificates: contents, expiry, problems, and what each client accepts.
export { inspect, type InspectOptions, type Inspection } from './report/inspect.js';
export { status, type StatusOptions, type Status, type CertificateStatus } from './report/status.js';
export { certificateGraph, type CertificateGraph } from './report/picture/graph.js';
export { graphText, type GraphFormat, type GraphTextOptions } from './report/picture/graph-text.js';
export { statusPage, type StatusPageOptions } from './report/picture/status-page.js';
export {
  verifyDirectory,
  type VerifyDirectoryOptions,
  type Verification,
  type VerifyFinding,
} from './report/verify-directory.js';
export { explain, type ExplainOptions, type Explanation } from './report/explain.js';
export { certificateDetails } from './x509/certificate-details.js';
export {
  fleetStatus,
  type FleetStatus,
  type FleetStatusOptions,
  type FleetStatusEvent,
} from './fleet/status/fleet-status.js';
export { fleetStatusPage, type FleetStatusPageOptions } from './fleet/status/fleet-page.js';
export type { FleetClientStatus, FleetHostStatus } from './fleet/status/host-status.js';
export type { FleetFinding } from './fleet/status/findings.js';

// Configure a host's daemon, and check it from outside and from inside.
export {
  installDaemon,
  type InstallDaemonOptions,
  type DaemonInstallation,
} from './docker/install/install-daemon.js';
export { uninstallDaemon } from './docker/install/uninstall-daemon.js';
export type { HostOptions, HostChanges } from './docker/daemon/host.js';
export { daemonConfiguration } from './docker/daemon/daemon.js';
export { podmanService, type PodmanService } from './docker/daemon/podman-service.js';
export { connect, type ConnectOptions, type Connection } from './docker/connect/connect.js';
export type { ConnectionCheck } from './docker/connect/check.js';
export { doctor, type DoctorOptions, type Diagnosis } from './docker/doctor/doctor.js';
export type { Finding } from './docker/doctor/finding.js';

// Set up clients: files, environment variables, contexts, code.
export { installClient, type InstallClientOptions } from './docker/client/install-client.js';
export { clientEnvironment, environmentLines } from './docker/client/environment.js';
export { syncContext, type ContextOptions } from './docker/client/context.js';
export { snippet, snippets, type SnippetName, type SnippetSummary } from './docker/client/snippet.js';
export { bundle, writeBundle, type Bundle, type BundleOptions } from './docker/client/bundle.js';
export { writeP12, type P12, type P12Options } from './docker/client/p12.js';
export { readCredentials, type CredentialsOptions } from './docker/client/credentials.js';

// Connect a program: options for Docker's API in Node, and docker's contexts.
export {
  dockerOptions,
  type DockerOptions,
  type DockerSource,
  type ClientSet,
} from './docker/client/docker-options.js';
export { reloadingAgent, type ReloadingAgentOptions } from './docker/client/reloading-agent.js';
export { tunnel, type Tunnel, type TunnelOptions } from './docker/client/tunnel.js';
export {
  pulumiProvider,
  terraformProvider,
  type PulumiProvider,
  type TerraformProvider,
} from './docker/client/provider.js';
export {
  listContexts,
  readContext,
  type ContextsOptions,
  type DockerContext,
  type DockerContexts,
} from './docker/client/contexts.js';

// Run one openssl command: each as an awaitable function, and as a plain value for a plan.
export { genrsa, genrsaStep, type GenrsaOptions } from './steps/genrsa.js';
export { genpkey, genpkeyStep, type GenpkeyOptions } from './steps/genpkey.js';
export { req, reqStep, type ReqOptions } from './steps/req.js';
export { reqX509, reqX509Step, type ReqX509Options } from './steps/req-x509.js';
export { x509Req, x509ReqStep, type X509ReqOptions } from './steps/x509-req.js';
export { rsa, rsaStep, type RsaOptions } from './steps/rsa.js';
export { pkey, pkeyStep, type PkeyOptions } from './steps/pkey.js';
export { verify, verifyStep, type VerifyOptions } from './steps/verify.js';
export type { StepOptions, StepResult } from './execute/execute-step.js';

// Write a recipe of your own; run or print any plan.
export { execute, type ExecuteOptions, type Execution } from './execute/execute.js';
export type { RunControl, StepEvent } from './execute/run-control.js';
export type { Run } from './execute/run.js';
export { script } from './plan/script.js';
export { commandLine, planLines } from './plan/command-line.js';
export type { Plan, Step } from './plan/step.js';
export { recipes, type RecipeName, type RecipeSummary } from './recipes/catalogue.js';
export { recommended, recommendedTemplates, type RecommendedOptions } from './recipes/recommended.js';
export { loadTemplates } from './recipes/templates.js';

// Values that a recipe takes.
export { parseAltNames, type AltName } from './x509/alt-names.js';
export { parseDays } from './x509/validity.js';
export { parseKeyType } from './x509/key-type.js';
export type { KeyRef } from './x509/key-ref.js';
export { parseSerial } from './x509/serial.js';
export { parseSubject } from './x509/subject.js';

// Find openssl, and ask what it can do.
export { findOpenssl, type Openssl } from './openssl/find.js';
export { can } from './openssl/capabilities.js';

// Errors: `switch (error.code)` narrows to the class and its fields.
export {
  DockerTlsError,
  InputError,
  DirectoryError,
  DifferenceError,
  PassphraseError,
  OpensslError,
  DockerError,
  ProgramError,
  ConfigurationError,
  RollOverError,
  InterruptedError,
  isDockerTlsError,
  type AnyDockerTlsError,
  type ErrorCode,
  type OpensslReason,
  type TokenReason,
} from './errors.js';
