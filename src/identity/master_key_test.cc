#include "gatehouse/identity/master_key.h"

#include <fcntl.h>
#include <gmock/gmock.h>

#include "gatehouse/base/hex.h"
#include "private_file.h"
#include "test_folder.h"

namespace gatehouse::identity {
namespace {

using ::testing::HasSubstr;

constexpr std::uint64_t master_key_seed = 11;

class MasterKeyOnDisk : public ::testing::Test {
 protected:
  MasterKeyOnDisk() { std::filesystem::create_directories(keys()), chmod(keys().c_str(), 0700); }
  std::filesystem::path keys() const { return folder_.data() / "keys"; }
  std::filesystem::path file() const { return keys() / "master.key"; }
  Result<MasterKey> create() { return MasterKey::open_or_create(folder_.data(), random_); }
  Result<MasterKey> open() const { return MasterKey::open(folder_.data()); }

  TestFolder folder_;
  SeededRandom random_{master_key_seed};
};

TEST_F(MasterKeyOnDisk, IsMadeOnceAndReadAgain) {
  ASSERT_TRUE(create().ok());
  const std::string first = contents(file());
  EXPECT_EQ(first.size(), 32U);
  EXPECT_EQ(mode_of(file()), 0600U);
  ASSERT_TRUE(create().ok());
  EXPECT_EQ(contents(file()), first);
  EXPECT_FALSE(std::filesystem::exists(file().string() + ".new"));
}

TEST_F(MasterKeyOnDisk, OpenMakesNothing) {
  const Result<MasterKey> missing = open();
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().reason(), "master_key_missing");
  EXPECT_THAT(missing.error().public_text(), HasSubstr("backup"));
  EXPECT_FALSE(std::filesystem::exists(file()));
}

TEST_F(MasterKeyOnDisk, EveryWiderModeIsRefusedAndTheCureNamed) {
  ASSERT_TRUE(create().ok());
  for (const mode_t mode : {0604U, 0640U, 0620U, 0602U, 0601U, 0666U, 0700U}) {
    chmod(file().c_str(), mode);
    const Result<MasterKey> exposed = open();
    ASSERT_FALSE(exposed.ok()) << std::oct << mode;
    EXPECT_EQ(exposed.error().reason(), "master_key_exposed");
    EXPECT_THAT(exposed.error().public_text(), HasSubstr("chmod 0600"));
  }
  chmod(file().c_str(), 0400);
  EXPECT_TRUE(open().ok());
  chmod(keys().c_str(), 0750);
  ASSERT_FALSE(open().ok());
  EXPECT_THAT(open().error().public_text(), HasSubstr("chmod 0700"));
}

TEST_F(MasterKeyOnDisk, AnotherOwnersFileIsRefused) {
  ASSERT_TRUE(create().ok());
  std::filesystem::path foreign = "/etc/passwd";  // root's, where the test is not
  if (geteuid() == 0) {
    foreign = file();
    ASSERT_EQ(chown(foreign.c_str(), 65534, static_cast<gid_t>(-1)), 0);
  }
  const Fd opened(::open(foreign.c_str(), O_RDONLY | O_CLOEXEC));
  const Status refused = check_private(opened, foreign, 0777, "master_key_exposed");
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().public_text(), HasSubstr("belongs to user"));
}

TEST_F(MasterKeyOnDisk, WrongLengthsLinksAndPipesAreDamage) {
  for (const std::size_t length : {0U, 31U, 33U, 64U, 5000U}) {
    put(file(), std::string(length, 'x'));
    ASSERT_FALSE(open().ok()) << length;
    EXPECT_EQ(open().error().reason(), "master_key_damaged");
    EXPECT_FALSE(create().ok()) << "a damaged key must not be replaced";
    EXPECT_EQ(contents(file()).size(), length);
  }
  std::filesystem::remove(file());
  put(keys() / "elsewhere", std::string(32, 'x'));
  std::filesystem::create_symlink(keys() / "elsewhere", file());
  EXPECT_EQ(open().error().reason(), "master_key_damaged");
  std::filesystem::remove(file());
  ASSERT_EQ(mkfifo(file().c_str(), 0600), 0);
  EXPECT_EQ(open().error().reason(), "master_key_damaged");
}

TEST_F(MasterKeyOnDisk, DerivesByLabelAsTheStandardSays) {
  // HKDF-SHA-256 of 00 01 … 1f, no salt, info "label": computed with an independent implementation.
  std::string bytes;
  for (char c = 0; c < 32; ++c) bytes.push_back(c);
  put(file(), bytes);
  const Result<MasterKey> key = open();
  ASSERT_TRUE(key.ok());
  EXPECT_EQ(to_hex(key->derive("label")->expose()), "479dd84d163df1782566e1803faf199e24d3af4dcc119c299dc0190b1c46198f");
  EXPECT_NE(key->derive("label")->expose(), key->derive("label2")->expose());
}

}  // namespace
}  // namespace gatehouse::identity
