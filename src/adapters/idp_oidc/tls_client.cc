#include "tls_client.h"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>

namespace gatehouse::adapters {

namespace ssl = boost::asio::ssl;

Result<std::shared_ptr<ssl::context>> make_tls_client(Worker&, const std::filesystem::path& authorities) {
  constexpr int longest_chain = 8;
  static constexpr std::array<unsigned char, 9> protocols{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  auto context = std::make_shared<ssl::context>(ssl::context::tls_client);
  SSL_CTX* const native = context->native_handle();
  boost::system::error_code failure;
  if (authorities.empty()) {
    context->set_default_verify_paths(failure);
  } else {
    context->load_verify_file(authorities.string(), failure);
  }
  if (failure) {
    const std::string which = authorities.empty() ? "the system's certificate authorities" : "'" + authorities.string() + "'";
    return operator_error("tls_authorities_unreadable", which + " cannot be read: " + failure.message());
  }
  context->set_verify_mode(ssl::verify_peer);
  SSL_CTX_set_verify_depth(native, longest_chain);
  SSL_CTX_set_options(native, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  const bool ready = SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION) == 1 &&
                     SSL_CTX_set_alpn_protos(native, protocols.data(), protocols.size()) == 0;
  if (!ready) return internal_error("tls_client_refused", "OpenSSL does not take the settings of a client");
  return context;
}

bool expect_host(SSL* connection, const std::string& host, HostKind kind) {
  SSL_set_hostflags(connection, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
  if (kind == HostKind::address) return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(connection), host.c_str()) == 1;
  return SSL_set1_host(connection, host.c_str()) == 1 && SSL_set_tlsext_host_name(connection, host.c_str()) == 1;
}

std::string refusal_of_certificate(SSL* connection) {
  const long result = SSL_get_verify_result(connection);
  return result == X509_V_OK ? std::string() : X509_verify_cert_error_string(result);
}

}  // namespace gatehouse::adapters
