import js from "@eslint/js";
import globals from "globals";

// What begins with an underscore may be gone with the next update of Odoo.
const PRIVATE = {
    selector: "MemberExpression[property.name=/^_[^_]/]",
    message: "This is private to the web client. Use what is public, or say why it cannot be.",
};

export default [
    js.configs.recommended,
    {
        languageOptions: { globals: globals.browser },
        rules: {
            curly: "error",
            eqeqeq: "error",
            "no-var": "error",
            "object-shorthand": "error",
            "prefer-const": "error",
        },
    },
    {
        files: ["**/static/src/**"],
        rules: { "no-restricted-syntax": ["error", PRIVATE] },
    },
];
