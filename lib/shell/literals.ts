/*
 * A string as a literal of a language. What no editor shows, such as a control character or a mark that changes the direction of
 * text, is escaped in all of them.
 */

const invisible = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** JSON's double quotes, which are also those of JavaScript, Python, Go, C#, TOML and YAML. */
export function jsonLiteral(text: string): string {
  // Beyond U+FFFF JSON escapes two halves, which only JavaScript and C# put together again.
  return JSON.stringify(text).replace(invisible, (char) => (char.length > 1 ? char : utf16Escapes(char)));
}

/** Java reads source in the character set of its platform: only ASCII is read alike everywhere. */
export function javaLiteral(text: string): string {
  return jsonLiteral(text).replace(/[^\0-\x7f]/gu, utf16Escapes);
}

export function rustLiteral(text: string): string {
  const escape = (char: string): string => `\\u{${codeOf(char)}}`;
  return `"${text.replace(/[\\"]/g, '\\$&').replace(invisible, escape)}"`;
}

/** In HCL, Terraform's language, `${` and `%{` begin a template. */
export function hclLiteral(text: string): string {
  const escape = (char: string): string => {
    const code = codeOf(char);
    return code.length > 4 ? `\\U${code.padStart(8, '0')}` : `\\u${code.padStart(4, '0')}`;
  };
  return `"${text
    .replace(/[\\"]/g, '\\$&')
    .replace(/[$%](?=\{)/g, escape)
    .replace(invisible, escape)}"`;
}

/** In a Compose file a lone dollar begins a variable. */
export function composeLiteral(text: string): string {
  return jsonLiteral(text.replaceAll('$', '$$$$'));
}

/** Ansible fills in what stands between braces, unless the value is marked. */
export function ansibleLiteral(text: string): string {
  const literal = jsonLiteral(text);
  return /\{[{%#]/.test(text) ? `!unsafe ${literal}` : literal;
}

/** Four hexadecimal digits for each unit of UTF-16, of which a character beyond U+FFFF has two. */
function utf16Escapes(char: string): string {
  const units = Array.from({ length: char.length }, (_, at) => char.charCodeAt(at));
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('');
}

function codeOf(char: string): string {
  return (char.codePointAt(0) ?? 0).toString(16);
}
