// app/budget_cli.h — budget on the command line.
#pragma once
#include "role_cli.h"

namespace gatehouse::app {

void add_budget_commands(CLI::App& root, const AddCommand& add);

}  // namespace gatehouse::app
