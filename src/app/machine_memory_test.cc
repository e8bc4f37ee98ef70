#include "machine_memory.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>

namespace gatehouse::app {
namespace {

constexpr std::uint64_t one_mib = 1024 * 1024;

class MachineMemoryTest : public testing::Test {
 protected:
  MachineMemoryTest() {
    std::string name = (std::filesystem::temp_directory_path() / "memory-XXXXXX").string();
    root_ = mkdtemp(name.data());
    put("meminfo", "MemTotal:       1024000 kB\nMemFree:  1 kB\nMemAvailable:    512000 kB\n");
  }
  ~MachineMemoryTest() override { std::filesystem::remove_all(root_); }
  void put(const std::string& file, const std::string& text) {
    std::filesystem::create_directories((root_ / file).parent_path());
    std::ofstream(root_ / file) << text;
  }
  MachineMemory of(const std::string& group) const { return memory_of(root_ / "meminfo", root_ / "groups", group); }

  std::filesystem::path root_;
};

TEST_F(MachineMemoryTest, IsTheMachinesWhereNoGroupHasALimit) {
  put("groups/a/memory.max", "max\n");
  for (const char* group : {"/", "/a", "/a/b"}) {
    EXPECT_EQ(of(group).all_bytes, 1'024'000 * 1024ULL);
    EXPECT_EQ(of(group).free_bytes, 512'000 * 1024ULL);
  }
}

TEST_F(MachineMemoryTest, TheTightestGroupOfOursCounts) {
  put("groups/a/memory.max", std::to_string(400 * one_mib));
  put("groups/a/memory.current", std::to_string(300 * one_mib));
  put("groups/a/b/memory.max", std::to_string(200 * one_mib));
  put("groups/a/b/memory.current", std::to_string(20 * one_mib));
  EXPECT_EQ(of("/a/b").all_bytes, 200 * one_mib);
  EXPECT_EQ(of("/a/b").free_bytes, 100 * one_mib);
  EXPECT_EQ(of("/").free_bytes, 512'000 * 1024ULL);
}

TEST_F(MachineMemoryTest, CachesOfFilesAreRoom) {
  put("groups/memory.max", std::to_string(100 * one_mib));
  put("groups/memory.current", std::to_string(90 * one_mib));
  put("groups/memory.stat", "anon 1\ninactive_file " + std::to_string(50 * one_mib) + "\n");
  EXPECT_EQ(of("/").free_bytes, 60 * one_mib);
}

TEST_F(MachineMemoryTest, AGroupAboveItsLimitHasNoRoom) {
  put("groups/memory.max", std::to_string(100 * one_mib));
  put("groups/memory.current", std::to_string(120 * one_mib));
  EXPECT_EQ(of("/").free_bytes, 0U);
}

}  // namespace
}  // namespace gatehouse::app
