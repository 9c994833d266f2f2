// Type-checks as `npm run typecheck` does, then lints as `npm run eslint` does, with one program for both: apart, each would
// read all files and compute their types.
import { ESLint } from 'eslint';
import ts from 'typescript';

const diagnosticsHost = {
  getCanonicalFileName: (path) => path,
  getCurrentDirectory: () => process.cwd(),
  getNewLine: () => '\n',
};

const host = {
  ...ts.sys,
  onUnRecoverableConfigFileDiagnostic: (diagnostic) => {
    throw new Error(ts.formatDiagnostic(diagnostic, diagnosticsHost));
  },
};
const whole = { incremental: false, tsBuildInfoFile: undefined };
const { fileNames, options, errors } = ts.getParsedCommandLineOfConfigFile('tsconfig.json', whole, host);
const program = ts.createProgram({ rootNames: fileNames, options, configFileParsingDiagnostics: errors });
const faults = ts.getPreEmitDiagnostics(program);
process.stdout.write(ts.formatDiagnostics(faults, diagnosticsHost));

const parserOptions = { projectService: false, programs: [program] };
const eslint = new ESLint({ overrideConfig: [{ files: ['**/*.ts'], languageOptions: { parserOptions } }] });
const results = await eslint.lintFiles(['.']);
const { format } = await eslint.loadFormatter();
process.stdout.write(await format(results));

const isWrong = faults.length > 0 || results.some(({ errorCount }) => errorCount > 0);
process.exitCode = isWrong ? 1 : 0;
