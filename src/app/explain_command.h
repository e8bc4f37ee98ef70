// app/explain_command.h — explain: what would be decided about a request, and by which rule. Returns the exit code of the process.
#pragma once
#include <string>

#include "admin_commands.h"

namespace gatehouse::app {

struct ExplainOptions {
  std::string route, model, address;
  std::string max_tokens, n, temperature;  // empty: not said
};
// The credential is read from standard input. exit_well whatever is decided.
int explain(const AdminOptions& options, const ExplainOptions& asked);

// What is said to people: a check a line, and the verdict.
std::string explanation_as_text(std::string_view json);

}  // namespace gatehouse::app
