// app/admin_client.h — what a command asks about a data folder: of the server that runs on it, by its control socket, or of the folder
// itself where none runs.
// Threads  blocks; commands
// Errors   those of the administration (usage or failure), data_in_use, control_socket_away → operator
#pragma once
#include <memory>
#include <string>

#include "data_folder.h"
#include "gatehouse/gateway/administration.h"
#include "gatehouse/net/client.h"

namespace gatehouse::app {

class AdminClient {
 public:
  static Result<AdminClient> open(const std::string& data, const Settings& settings);
  AdminClient(AdminClient&&) = default;

  // False where the folder itself is asked.
  bool has_server() const { return socket_.has_value(); }

  // target: path and query. The JSON that comes back, or what it says is wrong.
  Result<std::string> ask(wire::Method method, const std::string& target, const std::string& body = {});
  // All pages of a list, as one JSON array.
  Result<std::string> ask_for_all(const std::string& path, const std::string& query, std::string_view id);

 private:
  AdminClient() = default;
  Result<gateway::Reply> send(wire::Method method, const std::string& target, const std::string& body);

  std::optional<net::Endpoint> socket_;  // of the server that runs
  std::unique_ptr<SystemClock> clock_ = std::make_unique<SystemClock>();
  std::unique_ptr<DataFolder> folder_;             // where none does
  std::unique_ptr<gateway::ServedModels> models_;  // that a server would serve, by their names alone
  std::unique_ptr<gateway::Administration> administration_;
};

}  // namespace gatehouse::app
