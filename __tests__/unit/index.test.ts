import { expect, test } from '@jest/globals';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as library from '../../lib/index.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

const values = `
  all ca server client planIssue previewIssue temporarySet ensure watch

  renew previewRenewal renewCa previewRenewCa rollback planRollback runHook installTimer removeTimer
  ownProgram

  csr previewCsr sign previewSign issued rebuildIndex revoke previewRevoke crl previewCrl

  importSet previewImport

  Passphrase addPassphrase changePassphrase removePassphrase

  inspect certificateGraph graphText status statusPage verifyDirectory explain certificateDetails fleetStatus fleetStatusPage

  readFleet planFleet applyFleet signFleet collectCsrs

  startRollOver rollOverStatus nextRollOver abortRollOver readRollOver
  fleetAnsible previewFleetAnsible fleetScript fleetCloudInit

  installDaemon uninstallDaemon daemonConfiguration podmanService connect doctor

  installClient clientEnvironment environmentLines syncContext snippet snippets
  bundle writeBundle writeP12 readCredentials

  dockerOptions listContexts readContext reloadingAgent tunnel pulumiProvider terraformProvider

  genrsa genrsaStep genpkey genpkeyStep req reqStep reqX509 reqX509Step x509Req x509ReqStep rsa
  rsaStep pkey pkeyStep verify verifyStep

  execute script commandLine planLines recipes recommended recommendedTemplates loadTemplates

  parseAltNames parseDays parseKeyType parseSerial parseSubject

  findOpenssl can

  DockerTlsError InputError DirectoryError DifferenceError PassphraseError OpensslError DockerError
  ProgramError ConfigurationError RollOverError InterruptedError isDockerTlsError
`;

const types = `
  IssueOptions IssuePlan Issued Part PassphraseQuestion

  InMemoryOptions InMemorySet TemporarySetOptions TemporarySet

  RenewOptions Renewal RenewCaOptions RenewedCa RollbackOptions Rollback

  MadeCsr SignOptions Signed IssuedOptions IssuedList IssuedCertificate RevokeOptions Revocations
  MadeCrl CrlOptions

  ImportOptions ImportedSet

  Fleet FleetFile
  PlanFleetOptions FleetAction FleetItem FleetPlan FleetReason AppliedFleet ApplyFleetOptions
  FleetControl SignFleetOptions FleetEvent CollectCsrsOptions CollectedCsrs
  WrittenPlaybooks FleetAnsibleOptions PlannedPlaybooks FleetScriptOptions HostScript

  InspectOptions Inspection CertificateGraph GraphFormat GraphTextOptions StatusOptions Status StatusPageOptions CertificateStatus VerifyDirectoryOptions Verification
  VerifyFinding ExplainOptions Explanation

  FleetStatus FleetStatusOptions FleetStatusPageOptions FleetStatusEvent FleetHostStatus FleetClientStatus FleetFinding

  InstallDaemonOptions DaemonInstallation HostOptions HostChanges ConnectOptions Connection
  ConnectionCheck DoctorOptions Diagnosis Finding PodmanService

  EnsureOptions Ensured WatchEvent WatchOptions

  ReloadingAgentOptions Tunnel TunnelOptions PulumiProvider TerraformProvider
  DockerOptions DockerSource ClientSet ContextsOptions DockerContext DockerContexts

  InstallClientOptions ContextOptions SnippetName SnippetSummary
  Bundle BundleOptions P12 P12Options CredentialsOptions

  GenrsaOptions GenpkeyOptions ReqOptions ReqX509Options X509ReqOptions RsaOptions PkeyOptions
  VerifyOptions StepOptions StepResult

  ExecuteOptions Execution Run RunControl StepEvent Plan Step RecipeName RecipeSummary RecommendedOptions

  RollOver RollOverChange RollOverStatus StartRollOverRequest NextRollOverRequest

  AltName KeyRef

  Openssl

  AnyDockerTlsError ErrorCode OpensslReason TokenReason
`;

/** The names that a module exports from others, or imports from `from`. */
function namesIn(
  text: string,
  kind: 'export' | 'import',
  from: RegExp,
): { values: string[]; types: string[] } {
  const statements = [...text.matchAll(new RegExp(`^${kind} (type )?\\{([^}]*)\\} from '(.*)';`, 'gm'))];
  const names = statements
    .filter(([, , , path]) => from.test(path!))
    .flatMap(([, type = '', list]) =>
      list!.split(',').flatMap((name) => (name.trim() === '' ? [] : [`${type}${name.trim()}`])),
    );
  const isType = (name: string): boolean => name.startsWith('type ');
  return {
    values: names.filter((name) => !isType(name)),
    types: names.filter(isType).map((name) => name.replace('type ', '')),
  };
}

const sorted = (text: string): string[] => text.trim().split(/\s+/).sort();
const source = (path: string): Promise<string> => readFile(join(root, path), 'utf8');

test('the public names are these, and no others', async () => {
  const found = namesIn(await source('lib/index.ts'), 'export', /./);
  expect(Object.keys(library).sort()).toEqual(sorted(values));
  expect(found.values.sort()).toEqual(sorted(values));
  expect(found.types.sort()).toEqual(sorted(types));
});

test('internal.ts has what the command line imports from there, and nothing that is public', async () => {
  const internal = namesIn(await source('lib/internal.ts'), 'export', /./);
  const files = (await readdir(join(root, 'cli'), { recursive: true })).filter((name) =>
    name.endsWith('.ts'),
  );
  const texts = await Promise.all(files.map((name) => source(join('cli', name))));
  const used = texts.map((text) => namesIn(text, 'import', /\/lib\/internal\.js$/));
  expect(internal.values.sort()).toEqual([...new Set(used.flatMap((names) => names.values))].sort());
  expect(internal.types.sort()).toEqual([...new Set(used.flatMap((names) => names.types))].sort());
  const open = new Set([...sorted(values), ...sorted(types)]);
  expect([...internal.values, ...internal.types].filter((name) => open.has(name))).toEqual([]);
});
