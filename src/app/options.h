// app/options.h — exit codes, and addresses as people write them.
#pragma once
#include <cstdint>
#include <string>

#include "gatehouse/base/result.h"
#include "gatehouse/net/server.h"

namespace gatehouse::app {

// Exit codes of every command.
inline constexpr int exit_well = 0, exit_failed = 1, exit_usage = 2, exit_missing = 3;

// "127.0.0.1:8080", "[::1]:8080". bad_listen_address
Result<net::Endpoint> parse_endpoint(const std::string& text);
bool is_loopback(const net::Endpoint& endpoint);
std::string url_of(const net::Endpoint& endpoint);

}  // namespace gatehouse::app
