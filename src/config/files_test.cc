#include "gatehouse/config/files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>

#include "test_settings.h"

namespace gatehouse::config {
namespace {

using ::testing::HasSubstr;

class Files : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "gatehouse-config-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path write(const std::string& name, const std::string& bytes, mode_t mode = 0600) {
    const std::filesystem::path path = folder_ / name;
    std::ofstream(path, std::ios::binary) << bytes;
    chmod(path.c_str(), mode);
    return path;
  }
  static std::string reason_of(const Result<Secret<std::string>>& read) { return read ? "none" : std::string(read.error().reason()); }

  std::filesystem::path folder_;
};

TEST_F(Files, ReadsASecretWithoutItsLineBreak) {
  EXPECT_EQ(read_secret_file(write("a", "s3cret"))->expose(), "s3cret");
  EXPECT_EQ(read_secret_file(write("b", "s3cret\n", 0400))->expose(), "s3cret");
  EXPECT_EQ(read_secret_file(write("c", "s3cret\r\n", 0440))->expose(), "s3cret");
  EXPECT_EQ(read_secret_file(write("d", "two\n\n"))->expose(), "two\n");
}

TEST_F(Files, FollowsALinkToASecret) {
  std::filesystem::create_symlink(write("a", "s3cret"), folder_ / "link");
  EXPECT_EQ(read_secret_file(folder_ / "link")->expose(), "s3cret");
}

TEST_F(Files, RefusesASecretThatOthersMayReadOrChange) {
  for (const mode_t mode : {0644, 0604, 0602, 0601, 0620, 0660, 0777}) {
    const auto read = read_secret_file(write("s" + std::to_string(mode), "s3cret", mode));
    EXPECT_EQ(reason_of(read), "secret_exposed") << std::oct << mode;
    EXPECT_THAT(read.error().public_text(), HasSubstr("chmod 600"));
    EXPECT_THAT(read.error().describe(), ::testing::Not(HasSubstr("s3cret")));
  }
}

TEST_F(Files, RefusesWhatIsNoFileWithASecret) {
  EXPECT_EQ(reason_of(read_secret_file(folder_ / "missing")), "file_missing");
  EXPECT_EQ(reason_of(read_secret_file(folder_)), "file_unreadable");
  EXPECT_EQ(reason_of(read_secret_file(write("empty", "\n"))), "secret_empty");
  EXPECT_EQ(reason_of(read_secret_file(write("long", std::string(64 * 1024 + 1, 'x')))), "file_unreadable");
  EXPECT_TRUE(read_secret_file(write("full", std::string(64 * 1024, 'x'))).ok());
  ASSERT_EQ(mkfifo((folder_ / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(reason_of(read_secret_file(folder_ / "pipe")), "file_unreadable");
}

TEST_F(Files, ReadsAConfigurationFileUpToAMebibyte) {
  EXPECT_EQ(read_text_file(write("a.toml", "x = 1\n", 0644)).value(), "x = 1\n");
  EXPECT_EQ(read_text_file(write("full.toml", std::string(1024 * 1024, '#'))).value().size(), 1024U * 1024);
  const auto longer = read_text_file(write("long.toml", std::string(1024 * 1024 + 1, '#')));
  ASSERT_FALSE(longer.ok());
  EXPECT_THAT(longer.error().public_text(), HasSubstr("1024 KiB"));
  EXPECT_EQ(read_text_file(folder_ / "none").error().reason(), "file_missing");
}

TEST_F(Files, ASecretKeyIsLookedAtWhereItIsSet) {
  const std::string good = write("good", "s3cret").string(), open = write("open", "s3cret", 0644).string();
  EXPECT_EQ(settings_of(read_sample(from_file("top.key_file = \"" + good + "\""))).key_file, good);
  EXPECT_TRUE(read_sample(from_file("top.key_file = \"\"")).ok());
  const Reading reading = read_sample(from_file("top.key_file = \"" + open + "\""));
  ASSERT_EQ(reading.faults.size(), 1U);
  EXPECT_THAT(lines_of(reading)[0], HasSubstr("a.toml:1:16: top.key_file: others may read"));
}

}  // namespace
}  // namespace gatehouse::config
