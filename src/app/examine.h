// app/examine.h — gathers the facts that the doctor's checks are about: files, ports, the kernel, the store, the server that runs.
// Rules    nothing is changed, but that hashes of models are remembered, and small files written to the data folder and removed again
// Threads  blocks; commands
#pragma once
#include <string>
#include <vector>

#include "configuration.h"
#include "doctor.h"
#include "gatehouse/base/secret.h"

namespace gatehouse::app {

Facts examine(const std::string& data, const Configuration& configuration);

// Parts of it. holder: the process that has the data folder's lock, empty where there is none.
std::vector<PortFacts> examine_ports(const Settings& settings, const std::string& holder);
MachineFacts examine_machine(const FolderFacts& folder, const Settings& settings, const std::string& holder);
std::vector<LogFacts> examine_logs(const Settings& settings);

// Of the server that runs, or of the folder itself where none does.
TokenFacts examine_token(const std::string& data, const Settings& settings, const Secret<std::string>& token);

}  // namespace gatehouse::app
