// bench/hop_floor.cc — what the kernel alone asks for a streamed token: one small frame from a busy core over a socket pair, then a small
// write to each client over loopback, at the cadence of a decode loop. The floor under "CPU-µs a token beside the model": a core that
// sleeps between two tokens pays several times what a busy one pays.
//
//   hop_floor --gap MICROSECONDS --streams N     prints CPU-µs of the forwarding thread a token
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string_view>
#include <thread>
#include <vector>

namespace {

constexpr int frames = 200;

void pin(int core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(core, &set);
  pthread_setaffinity_np(pthread_self(), sizeof set, &set);
}

double thread_cpu_us() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) * 1e6 + static_cast<double>(t.tv_nsec) / 1e3;
}

// Computes for that long, as a model does.
void be_busy(std::chrono::microseconds gap) {
  const auto until = std::chrono::steady_clock::now() + gap;
  while (std::chrono::steady_clock::now() < until) {
  }
}

void send_frames(int socket, std::chrono::microseconds gap) {
  pin(0);
  const std::array<char, 40> frame{};
  for (int i = 0; i < frames; ++i) {
    be_busy(gap);
    if (write(socket, frame.data(), frame.size()) < 0) std::abort();
  }
  close(socket);
}

void read_all(std::vector<int> sockets) {
  pin(1);
  const int poll = epoll_create1(0);
  for (const int socket : sockets) {
    epoll_event event{EPOLLIN, {.fd = socket}};
    epoll_ctl(poll, EPOLL_CTL_ADD, socket, &event);
  }
  std::array<char, 4096> bytes{};
  for (std::size_t open = sockets.size(); open > 0;) {
    epoll_event event{};
    if (epoll_wait(poll, &event, 1, -1) == 1 && read(event.data.fd, bytes.data(), bytes.size()) <= 0) {
      close(event.data.fd);
      --open;
    }
  }
  close(poll);
}

struct Clients {
  std::vector<int> ours, theirs;
};

Clients connect_clients(int streams) {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const plain = reinterpret_cast<sockaddr*>(&address);
  if (bind(listener, plain, size) != 0 || listen(listener, streams) != 0 || getsockname(listener, plain, &size) != 0) std::abort();
  Clients clients;
  for (int i = 0; i < streams; ++i) {
    clients.theirs.push_back(socket(AF_INET, SOCK_STREAM, 0));
    if (connect(clients.theirs.back(), plain, size) != 0) std::abort();
    clients.ours.push_back(accept(listener, nullptr, nullptr));
    const int on = 1;
    setsockopt(clients.ours.back(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  close(listener);
  return clients;
}

double forward(int from, const std::vector<int>& to) {
  pin(1);
  const int poll = epoll_create1(0);
  epoll_event event{EPOLLIN, {.fd = from}};
  epoll_ctl(poll, EPOLL_CTL_ADD, from, &event);
  std::array<char, 4096> bytes{};
  const std::array<char, 250> chunk{};
  const double began = thread_cpu_us();
  int tokens = 0;
  while (epoll_wait(poll, &event, 1, -1) == 1 && recv(from, bytes.data(), bytes.size(), 0) > 0) {
    for (const int client : to) tokens += send(client, chunk.data(), chunk.size(), MSG_NOSIGNAL) > 0 ? 1 : 0;
  }
  return (thread_cpu_us() - began) / tokens;
}

}  // namespace

int main(int count, char** arguments) {
  int gap = 10'000, streams = 1;
  for (int i = 1; i + 1 < count; i += 2) {
    if (arguments[i] == std::string_view("--gap")) gap = std::atoi(arguments[i + 1]);
    if (arguments[i] == std::string_view("--streams")) streams = std::atoi(arguments[i + 1]);
  }
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0) return 1;
  const Clients clients = connect_clients(streams);
  std::thread reader(read_all, clients.theirs);
  std::thread sender(send_frames, pair[1], std::chrono::microseconds(gap));
  std::printf("%.1f\n", forward(pair[0], clients.ours));
  for (const int client : clients.ours) close(client);
  sender.join();
  reader.join();
  return 0;
}
