import type { DescribedCommand, DescribedOption } from "./describe-commands.js";

/** Returns what zsh evaluates, or finds as `_rpc` in its fpath, to complete rpc's commands, options and known values. */
export function zshScript(commands: readonly DescribedCommand[]): string {
  const cases = commands.map(({ name, options, choices }) => {
    const operands = choices.length > 0 ? `'*: :(${choices.join(" ")})'` : "'*: :_files'";
    return `    ${name}) _arguments ${[...options.map(specOf), operands].join(" ")} ;;`;
  });
  return `#compdef rpc
# Completes rpc's commands and options in zsh: eval "$(rpc completion zsh)"
_rpc() {
  if (( CURRENT == 2 )); then
    local -a commands=(${commands.map(({ name, summary }) => quoted(`${name}:${summary.replaceAll(":", "\\:")}`)).join(" ")})
    _describe command commands
    return
  fi
  shift words
  (( CURRENT-- ))
  case $words[1] in
${cases.join("\n")}
    *) _files ;;
  esac
}
if [[ \${funcstack[1]} == _rpc ]]; then _rpc "$@"; else compdef _rpc rpc; fi
`;
}

/** One option, as _arguments wants it: its names exclude each other, its text is in brackets, its value follows. */
function specOf({ names, summary, value, choices }: DescribedOption): string {
  const text = summary.replaceAll(/[[\]]/g, "").replaceAll(":", "\\:");
  const after = value === undefined ? "" : `:${value}:${choices.length > 0 ? `(${choices.join(" ")})` : "_files"}`;
  const spec = quoted(`[${text}]${after}`);
  return names.length === 1 ? `${names[0]}${spec}` : `'(${names.join(" ")})'{${names.join(",")}}${spec}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
