// The scripts that run in ServiceNow: ES5, for its older engine as well, and nothing but what the platform brings along.
const platform = ['Class', 'GlideCertificateEncryption', 'GlideDateTime', 'GlideStringUtil', 'gs', 'sn_ws'];
const here = ['Isthmus_CONNECTION', 'action', 'current', 'event', 'previous'];

export default [
  {
    files: ['**/*.js'],
    languageOptions: {
      ecmaVersion: 5,
      sourceType: 'script',
      globals: Object.fromEntries([...platform, ...here].map((name) => [name, 'readonly'])),
    },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      eqeqeq: 'error',
      'no-dupe-keys': 'error',
      'no-fallthrough': 'error',
      'no-irregular-whitespace': 'error',
      'no-redeclare': ['error', { builtinGlobals: false }],
      'no-undef': 'error',
      'no-unreachable': 'error',
      'no-unused-vars': ['error', { args: 'none', varsIgnorePattern: '^Isthmus_CONNECTION$' }],
      'no-use-before-define': 'error',
      'valid-typeof': 'error',
    },
  },
];
