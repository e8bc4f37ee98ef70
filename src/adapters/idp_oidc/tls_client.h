// TLS towards servers whose certificate we verify.
// Errors   tls_authorities_unreadable (operator)
#pragma once
#include <boost/asio/ssl/context.hpp>
#include <filesystem>
#include <memory>
#include <string>

#include "gatehouse/base/result.h"
#include "gatehouse/runtime/worker_pool.h"

namespace gatehouse::adapters {

// TLS 1.2 or newer, peers verified against the authorities in that PEM file, or the system's where it is empty.
Result<std::shared_ptr<boost::asio::ssl::context>> make_tls_client(Worker& worker, const std::filesystem::path& authorities);

enum class HostKind { name, address };
// Names the host to the server, and asks for a certificate that names it among its alternative names.
bool expect_host(SSL* connection, const std::string& host, HostKind kind);
// Why its certificate was not accepted; empty when it was, or was not looked at yet.
std::string refusal_of_certificate(SSL* connection);

}  // namespace gatehouse::adapters
