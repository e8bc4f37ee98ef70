#include "file_reader.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "gatehouse/runtime/run_task.h"

namespace gatehouse::adapters {
namespace {

using ::testing::StartsWith;

struct FileReaderTest : testing::Test {
  void SetUp() override {
    std::string name = std::filesystem::temp_directory_path() / "gatehouse-keys-XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder); }
  std::string read(const std::filesystem::path& path) {
    FileReader reader(reactor, files, path);
    const Result<KeySetText> found = run_task(reactor, reader.read());
    return found ? "ok " + found->text : std::string(found.error().reason());
  }
  std::filesystem::path put(const std::string& text) const {
    std::ofstream(folder / "keys", std::ios::trunc) << text;
    return folder / "keys";
  }

  const SystemClock clock;
  Reactor reactor{0, clock};
  WorkerPool files{"files", 1, 16};
  std::filesystem::path folder;
};

TEST_F(FileReaderTest, ReadsWholeFilesUpToItsLimit) {
  EXPECT_EQ(read(put("{}")), "ok {}");
  EXPECT_EQ(read(put("")), "ok ");
  EXPECT_EQ(read(put(std::string(64 * 1024, 'x'))), "ok " + std::string(64 * 1024, 'x'));
  EXPECT_EQ(read(put(std::string(64 * 1024 + 1, 'x'))), "jwks_too_large");
}

TEST_F(FileReaderTest, FollowsALinkAsSecretStoresMakeThem) {
  std::filesystem::create_symlink(put("{}"), folder / "link");
  EXPECT_EQ(read(folder / "link"), "ok {}");
}

TEST_F(FileReaderTest, RefusesWhatIsNoFileOrOpenToAll) {
  EXPECT_EQ(read(folder / "missing"), "jwks_file_unreadable");
  EXPECT_EQ(read(folder), "jwks_file_unreadable");
  ASSERT_EQ(mkfifo((folder / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(read(folder / "pipe"), "jwks_file_unreadable");
  const auto open_to_all = put("{}");
  ASSERT_EQ(chmod(open_to_all.c_str(), 0646), 0);
  EXPECT_EQ(read(open_to_all), "jwks_file_exposed");
}

}  // namespace
}  // namespace gatehouse::adapters
