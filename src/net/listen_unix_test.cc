// A Unix socket that listens: whose file it is, when it makes way, and when it goes.
#include "listen_unix.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <optional>

#include "listen.h"
#include "test_house.h"
#include "test_socket_folder.h"
#include "unix_address.h"

namespace gatehouse::net {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

Result<UnixListener> listen_alone(const std::string& path) { return listen_at(path, 16, PortUse::alone); }
Result<UnixListener> take_over(const std::string& path) { return listen_at(path, 16, PortUse::shared); }

std::string reason_of(const Result<UnixListener>& listener) { return listener ? "ok" : std::string(listener.error().reason()); }
std::string text_of(const Result<UnixListener>& listener) { return listener ? "ok" : listener.error().public_text(); }

bool connects(const std::string& path) {
  try {
    const Client client(Endpoint::unix_socket(path));
    return true;
  } catch (const std::runtime_error&) {
    return false;
  }
}

// What a server leaves behind that was killed.
void leave_a_socket_behind(const std::string& path) {
  const UnixAddress address = unix_address(path).value();
  const Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(::bind(socket.get(), address.data(), address.size), 0);
  ASSERT_EQ(::listen(socket.get(), 1), 0);
}

struct ListenAtPath : testing::Test {
  const TestSocketFolder folder;
  const std::string path = folder.path("s");
};

TEST_F(ListenAtPath, MakesAFileForTheOwnerAloneWhateverTheUmask) {
  for (const mode_t mask : {0000, 0022, 0077}) {
    const mode_t before = umask(mask);
    const auto listener = listen_alone(path);
    umask(before);
    ASSERT_EQ(text_of(listener), "ok");
    struct stat found{};
    ASSERT_EQ(lstat(path.c_str(), &found), 0);
    EXPECT_TRUE(S_ISSOCK(found.st_mode));
    EXPECT_EQ(found.st_mode & 07777U, 0600U);
    EXPECT_TRUE(connects(path));
  }
}

TEST_F(ListenAtPath, SaysThatAnotherServerListensThere) {
  const auto first = listen_alone(path);
  ASSERT_EQ(text_of(first), "ok");
  const auto second = listen_alone(path);
  EXPECT_EQ(reason_of(second), "port_taken");
  EXPECT_THAT(text_of(second), HasSubstr(path));
  EXPECT_TRUE(connects(path));
}

TEST_F(ListenAtPath, TakesThePlaceOfAServerThatWasKilled) {
  leave_a_socket_behind(path);
  EXPECT_FALSE(connects(path));
  const auto listener = listen_alone(path);
  EXPECT_EQ(text_of(listener), "ok");
  EXPECT_TRUE(connects(path));
}

TEST_F(ListenAtPath, LeavesWhatIsNoSocketWhereItIs) {
  std::ofstream(path) << "a letter";
  std::filesystem::create_symlink("nowhere", folder.path("link"));
  std::filesystem::create_directory(folder.path("folder"));
  for (const char* name : {"s", "link", "folder"}) {
    for (const PortUse use : {PortUse::alone, PortUse::shared}) {
      const auto listener = listen_at(folder.path(name), 16, use);
      EXPECT_EQ(reason_of(listener), "listen_failed") << name;
      EXPECT_THAT(text_of(listener), HasSubstr(folder.path(name)));
    }
  }
  EXPECT_EQ(std::filesystem::file_size(path), 8U);
  EXPECT_TRUE(std::filesystem::is_symlink(folder.path("link")));
}

TEST_F(ListenAtPath, SaysWhatIsWrongWithAPathThatCannotBe) {
  const auto too_long = listen_alone(folder.path(std::string(107, 'x')));
  EXPECT_EQ(reason_of(too_long), "bad_socket_path");
  EXPECT_THAT(text_of(too_long), AllOf(HasSubstr("xxx"), HasSubstr("107"), HasSubstr("shorter")));
  EXPECT_EQ(reason_of(listen_alone("")), "bad_socket_path");
  EXPECT_EQ(reason_of(listen_alone(std::string("a\0b", 3))), "bad_socket_path");
  const auto homeless = listen_alone(folder.path("missing/s"));
  EXPECT_EQ(reason_of(homeless), "listen_failed");
  EXPECT_THAT(text_of(homeless), AllOf(HasSubstr("missing/s"), HasSubstr("No such file")));
}

TEST_F(ListenAtPath, TakesTheLongestPathThatThereIs) {
  const std::string longest = path + std::string(107 - path.size(), 'x');
  const auto listener = listen_alone(longest);
  EXPECT_EQ(text_of(listener), "ok");
  EXPECT_TRUE(std::filesystem::is_socket(longest));
}

TEST_F(ListenAtPath, RemovesItsFile) {
  {
    const auto listener = listen_alone(path);
    ASSERT_EQ(text_of(listener), "ok");
  }
  EXPECT_FALSE(std::filesystem::exists(path));
  {
    const auto listener = listen_alone(path);
    ASSERT_EQ(text_of(listener), "ok");
    std::filesystem::remove(path);
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(ListenAtPath, LeavesTheFileOfTheOneThatTookOver) {
  std::optional<Result<UnixListener>> before(listen_alone(path));
  ASSERT_EQ(text_of(*before), "ok");
  std::optional<Result<UnixListener>> after(take_over(path));
  ASSERT_EQ(text_of(*after), "ok");
  before.reset();
  EXPECT_TRUE(connects(path));
  std::filesystem::remove(path);
  std::ofstream(path) << "a letter";
  after.reset();
  EXPECT_EQ(std::filesystem::file_size(path), 8U);
}

TEST_F(ListenAtPath, BindsEverythingOrNothing) {
  Endpoint taken("127.0.0.1", 0);
  const auto other = listen_on(taken, 1, 16, PortUse::alone);
  ASSERT_TRUE(other);
  FakeClock clock;
  Reactor reactor(0, clock);
  TestHandler handler;
  HttpServer server(ServerLimits(), handler, {Endpoint::unix_socket(path), taken});
  const Status started = server.start({&reactor});
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().reason(), "port_taken");
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(ListenAtPath, StandsBesideAPort) {
  FakeClock clock;
  Reactor reactor(0, clock);
  TestHandler handler;
  HttpServer server(ServerLimits(), handler, {Endpoint("127.0.0.1", 0), Endpoint::unix_socket(path)});
  ASSERT_TRUE(server.start({&reactor}));
  EXPECT_EQ(to_string(server.bound().back()), "unix:" + path);
  EXPECT_EQ(server.counts().listeners, 2U);
  for (const Endpoint& endpoint : server.bound()) EXPECT_NO_THROW(Client client(endpoint)) << to_string(endpoint);
  server.stop_accepting();
  reactor.context().poll();
  EXPECT_FALSE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace gatehouse::net
