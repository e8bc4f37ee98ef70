// For tests: a server on loopback that says one thing to everybody, over TLS or without, in good manner or not.
#pragma once
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include "gatehouse/base/fd.h"
#include "test_certificates.h"

namespace gatehouse::adapters {

enum class Manner {
  orderly,  // says goodbye as TLS wants it
  abrupt,   // closes the connection without a word
  holds,    // says what it has to say, and stays
  silent,   // does not even begin with TLS
};

class HttpsServer {
 public:
  // identity: null for plain http.
  explicit HttpsServer(const Certificate* identity, std::string answer, Manner manner = Manner::orderly)
      : answer_(std::move(answer)), manner_(manner), context_(SSL_CTX_new(TLS_server_method()), SSL_CTX_free) {
    std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL
    if (identity != nullptr) {
      SSL_CTX_use_certificate(context_.get(), identity->certificate());
      SSL_CTX_use_PrivateKey(context_.get(), identity->key());
      tls_ = true;
    }
    listen();
    thread_ = std::jthread([this] { serve(); });
  }
  ~HttpsServer() { ::shutdown(listening_.get(), SHUT_RDWR); }

  std::string at(const std::string& host, const std::string& scheme = "https") const {
    return scheme + "://" + host + ":" + std::to_string(port_) + "/keys?of=me";
  }
  void say(std::string answer) {
    const std::lock_guard lock(mutex_);
    answer_ = std::move(answer);
  }
  std::string heard() const {
    const std::lock_guard lock(mutex_);
    return heard_;
  }
  std::string server_name() const {
    const std::lock_guard lock(mutex_);
    return server_name_;
  }
  int visits() const {
    const std::lock_guard lock(mutex_);
    return visits_;
  }

 private:
  using Connection = std::unique_ptr<SSL, decltype(&SSL_free)>;

  void listen() {
    listening_ = Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const plain = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listening_.get(), plain, size) != 0 || ::listen(listening_.get(), 16) != 0 ||
        ::getsockname(listening_.get(), plain, &size) != 0) {
      throw std::runtime_error("no port to listen on");
    }
    port_ = ntohs(address.sin_port);
  }
  void serve() {
    for (;;) {
      const Fd visitor(::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!visitor) return;
      std::string answer;
      {
        const std::lock_guard lock(mutex_);
        ++visits_;
        answer = answer_;
      }
      if (manner_ == Manner::silent) {
        wait_for_the_end(visitor);
      } else {
        tls_ ? serve_over_tls(visitor, answer) : serve_plainly(visitor, answer);
      }
    }
  }
  void serve_over_tls(const Fd& visitor, const std::string& answer) {
    const Connection connection(SSL_new(context_.get()), SSL_free);
    SSL_set_fd(connection.get(), visitor.get());
    if (SSL_accept(connection.get()) != 1) return;
    std::string heard;
    char piece[4096];
    while (heard.find("\r\n\r\n") == std::string::npos) {
      const int n = SSL_read(connection.get(), piece, sizeof piece);
      if (n <= 0) return;
      heard.append(piece, static_cast<std::size_t>(n));
    }
    const char* const name = SSL_get_servername(connection.get(), TLSEXT_NAMETYPE_host_name);
    remember(heard, name != nullptr ? name : "");
    SSL_write(connection.get(), answer.data(), static_cast<int>(answer.size()));
    if (manner_ == Manner::orderly) SSL_shutdown(connection.get());
    if (manner_ == Manner::holds) wait_for_the_end(visitor);
  }
  void serve_plainly(const Fd& visitor, const std::string& answer) {
    std::string heard;
    char piece[4096];
    while (heard.find("\r\n\r\n") == std::string::npos && !heard.starts_with(tls_hello)) {
      const ssize_t n = ::recv(visitor.get(), piece, sizeof piece, 0);
      if (n <= 0) return;
      heard.append(piece, static_cast<std::size_t>(n));
    }
    remember(heard, "");
    ::send(visitor.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
    if (manner_ == Manner::holds) wait_for_the_end(visitor);
  }
  void remember(const std::string& heard, const std::string& server_name) {
    const std::lock_guard lock(mutex_);
    heard_ = heard;
    server_name_ = server_name;
  }
  static void wait_for_the_end(const Fd& visitor) {
    char piece[4096];
    while (::recv(visitor.get(), piece, sizeof piece, 0) > 0) {
    }
  }

  static constexpr char tls_hello = 0x16;  // nothing that begins so is a request
  mutable std::mutex mutex_;
  std::string answer_, heard_, server_name_;
  int visits_ = 0;
  const Manner manner_;
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
  bool tls_ = false;
  Fd listening_;
  std::uint16_t port_ = 0;
  std::jthread thread_;
};

inline std::string http_ok(const std::string& body, const std::string& fields = "") {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + fields + "\r\n" + body;
}

}  // namespace gatehouse::adapters
