// The app's rules hold for its browser tests too. Run from here with the app's eslint.
import base from '../../pwa/eslint.config.js'

export default [...base, { rules: { '@typescript-eslint/no-non-null-assertion': 'off' } }]
