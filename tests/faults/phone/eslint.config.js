// The app's rules hold for the phones of the fault harness too. Run from here with the app's eslint.
import base from '../../../pwa/eslint.config.js'

export default [...base, { files: ['**/*.cjs'], languageOptions: { globals: { require: 'readonly', process: 'readonly' } }, rules: { '@typescript-eslint/no-require-imports': 'off' } }]
