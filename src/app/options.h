// app/options.h — what the command line says.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "gatehouse/base/result.h"
#include "gatehouse/net/server.h"

namespace gatehouse::app {

// Exit codes of every command.
inline constexpr int exit_well = 0, exit_failed = 1, exit_usage = 2, exit_missing = 3;

struct ServeOptions {
  std::string data = "./data";
  std::vector<std::string> models;  // searched behind ./models
  std::vector<std::string> listen = {"127.0.0.1:8080"};
  std::string admin_listen = "127.0.0.1:8081";
  bool insecure_http = false;
  std::string default_llm = "smollm2-135m-instruct";
  std::uint32_t reactors = 0;        // 0: one a core
  std::uint32_t engine_threads = 0;  // 0: one less than there are cores
  std::uint32_t sequences = 16;
  std::uint32_t context = 4096;
};

// "127.0.0.1:8080", "[::1]:8080". bad_listen_address
Result<net::Endpoint> parse_endpoint(const std::string& text);
bool is_loopback(const net::Endpoint& endpoint);
std::string url_of(const net::Endpoint& endpoint);

}  // namespace gatehouse::app
