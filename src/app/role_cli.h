// app/role_cli.h — role and explain on the command line.
#pragma once
#include <functional>
#include <string>

namespace CLI {
class App;
}

namespace gatehouse::app {

struct AdminOptions;

// Adds a command to a group: its name, what it does, an example without the program's name, and what runs it.
using AddCommand = std::function<CLI::App*(CLI::App& group, const std::string& name, const std::string& help, const std::string& example,
                                           std::function<int(const AdminOptions&)> run)>;

void add_role_commands(CLI::App& root, const AddCommand& add);
void add_explain_command(CLI::App& root, const AddCommand& add);

}  // namespace gatehouse::app
