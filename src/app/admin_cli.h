// app/admin_cli.h — tenant, user, role, budget, explain, key, token, signing-key, usage, model and audit on the command line.
#pragma once
#include <functional>
#include <memory>

namespace CLI {
class App;
}

namespace gatehouse::app {

struct AdminCommandLine;
struct AdminOptions;

// What was said is kept in what it returns, until the command runs; chosen is set to that. complete fills in what all commands have alike.
std::shared_ptr<AdminCommandLine> add_admin_commands(CLI::App& root, std::function<int()>& chosen,
                                                     std::function<void(AdminOptions&)> complete);

}  // namespace gatehouse::app
