// net/test_socket_folder.h — for tests: a folder for Unix sockets, gone with its object.
#pragma once
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace gatehouse::net {

class TestSocketFolder {
 public:
  TestSocketFolder() {
    std::string name = "/tmp/gatehouse-net-XXXXXX";
    if (mkdtemp(name.data()) == nullptr) ADD_FAILURE() << "no temporary folder";
    folder_ = name;
  }
  ~TestSocketFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  TestSocketFolder(const TestSocketFolder&) = delete;
  TestSocketFolder& operator=(const TestSocketFolder&) = delete;

  std::string path(const std::string& name) const { return folder_ / name; }
  const std::filesystem::path& folder() const { return folder_; }

 private:
  std::filesystem::path folder_;
};

}  // namespace gatehouse::net
