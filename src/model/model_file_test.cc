#include "gatehouse/model/model_file.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include "gatehouse/base/fake_clock.h"
#include "gatehouse/wire/engine/bundle.h"
#include "test_folder.h"

namespace gatehouse::model {
namespace {

using ::testing::HasSubstr;

// sha256 of "weights" and of nothing: computed with another implementation.
const std::string weights_sha256 = "9a129038d9a00aed0cf6a7ea059ca50a813449061ab87848cf1a13eafdf33b2c";
const std::string empty_sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

class ModelFile : public ::testing::Test {
 protected:
  ModelFile() {
    put(file(), "weights");
    // An hour after the file was written.
    clock_.advance(SystemClock().wall() - clock_.wall() + seconds(3600));
  }
  std::filesystem::path file() const { return folder_.path() / "model.gguf"; }
  std::filesystem::path memory_file() const { return folder_.path() / "model_hashes.json"; }
  std::string verify(HashMemory& memory, const std::string& sha256 = weights_sha256) const {
    const Result<Fd> opened = open_verified(file(), sha256, memory);
    return opened.ok() ? "opened" : std::string(opened.error().reason());
  }
  HashMemory memory() const { return HashMemory(memory_file(), clock_); }
  FileStamp stamp() const {
    struct stat found{};
    EXPECT_EQ(stat(file().c_str(), &found), 0);
    FileStamp stamp;
    stamp.device = found.st_dev, stamp.inode = found.st_ino, stamp.size = static_cast<std::uint64_t>(found.st_size);
    stamp.mtime_ns = std::int64_t{found.st_mtim.tv_sec} * 1'000'000'000 + found.st_mtim.tv_nsec;
    stamp.ctime_ns = std::int64_t{found.st_ctim.tv_sec} * 1'000'000'000 + found.st_ctim.tv_nsec;
    return stamp;
  }

  TestFolder folder_;
  FakeClock clock_;
};

TEST_F(ModelFile, OpensTheFileThatTheManifestNamesAtItsBeginning) {
  HashMemory hashes = memory();
  const Result<Fd> opened = open_verified(file(), weights_sha256, hashes);
  ASSERT_TRUE(opened.ok()) << opened.error().describe();
  std::string bytes(16, '\0');
  EXPECT_EQ(::read(opened->get(), bytes.data(), bytes.size()), 7);
  EXPECT_EQ(bytes.substr(0, 7), "weights");
  EXPECT_EQ(::write(opened->get(), "x", 1), -1) << "read-only";
}

TEST_F(ModelFile, FilesLongerThanOneReadAreHashedInFull) {
  HashMemory hashes = memory();
  const std::string bytes(3 * 1024 * 1024 + 5, 'a');
  put(file(), bytes);
  EXPECT_EQ(verify(hashes, "aff2c7498aae939dfb2fb1dc6c0c83fa3708b069428e51338801af7f5dc2bf0f"), "opened");
  put(file(), bytes.substr(1) + "b");
  EXPECT_EQ(verify(hashes, "aff2c7498aae939dfb2fb1dc6c0c83fa3708b069428e51338801af7f5dc2bf0f"), "model_file_changed");
  put(file(), "");
  EXPECT_EQ(verify(hashes, empty_sha256), "opened");
}

TEST_F(ModelFile, AnotherFileIsRefusedAndTheCureNamed) {
  HashMemory hashes = memory();
  const Result<Fd> changed = open_verified(file(), empty_sha256, hashes);
  ASSERT_FALSE(changed.ok());
  EXPECT_EQ(changed.error().reason(), "model_file_changed");
  EXPECT_THAT(changed.error().public_text(), HasSubstr(weights_sha256));
  EXPECT_THAT(changed.error().public_text(), HasSubstr("./run serve"));
  std::filesystem::remove(file());
  const Result<Fd> missing = open_verified(file(), empty_sha256, hashes);
  EXPECT_EQ(missing.error().reason(), "model_file_missing");
  EXPECT_THAT(missing.error().public_text(), HasSubstr("./run serve"));
}

TEST_F(ModelFile, LinksFoldersAndPipesAreNoModelFiles) {
  HashMemory hashes = memory();
  std::filesystem::rename(file(), folder_.path() / "elsewhere");
  std::filesystem::create_symlink(folder_.path() / "elsewhere", file());
  EXPECT_EQ(verify(hashes), "model_file_unreadable");
  std::filesystem::remove(file());
  std::filesystem::create_directory(file());
  EXPECT_EQ(verify(hashes), "model_file_unreadable");
  std::filesystem::remove(file());
  ASSERT_EQ(mkfifo(file().c_str(), 0600), 0);
  EXPECT_EQ(verify(hashes), "model_file_unreadable");
}

TEST_F(ModelFile, WhatTheMemoryVouchesForIsNotReadAgain) {
  HashMemory planted = memory();
  planted.remember(stamp(), empty_sha256);  // a lie, to see that it is asked
  HashMemory next_start = memory();
  EXPECT_EQ(verify(next_start, empty_sha256), "opened");
  EXPECT_EQ(verify(next_start, weights_sha256), "model_file_changed");
}

TEST_F(ModelFile, TheNextStartRemembersAFileThatWasHashed) {
  {
    HashMemory hashes = memory();
    EXPECT_EQ(verify(hashes), "opened");
  }
  HashMemory next_start = memory();
  EXPECT_EQ(next_start.recall(stamp()), weights_sha256);
  struct stat found{};
  ASSERT_EQ(stat(memory_file().c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 07777U, 0600U);
}

TEST_F(ModelFile, AnyChangeOfTheStampMakesItRead) {
  HashMemory hashes = memory();
  hashes.remember(stamp(), weights_sha256);
  for (const auto change : {+[](FileStamp& s) { ++s.device; }, +[](FileStamp& s) { ++s.inode; }, +[](FileStamp& s) { ++s.size; },
                            +[](FileStamp& s) { ++s.mtime_ns; }, +[](FileStamp& s) { ++s.ctime_ns; }}) {
    FileStamp changed = stamp();
    change(changed);
    EXPECT_EQ(hashes.recall(changed), std::nullopt);
  }
  EXPECT_EQ(hashes.recall(stamp()), weights_sha256);
}

TEST_F(ModelFile, AFileOfThisInstantIsHashedEachTime) {
  FakeClock young;
  young.advance(SystemClock().wall() - young.wall());
  HashMemory hashes(memory_file(), young);
  EXPECT_EQ(verify(hashes), "opened");
  EXPECT_EQ(hashes.recall(stamp()), std::nullopt);
  put(file(), "WEIGHTS");  // as long, maybe in the same tick
  EXPECT_EQ(verify(hashes), "model_file_changed");
}

TEST_F(ModelFile, ADamagedOrForeignMemoryIsForgotten) {
  HashMemory planted = memory();
  planted.remember(stamp(), empty_sha256);
  const std::string whole = contents(memory_file());
  for (const std::string& bytes : {whole.substr(0, whole.size() / 2), std::string("[]"), std::string("{\"version\":2,\"files\":{}}"),
                                   std::string("{\"version\":1,\"files\":[]}"), std::string()}) {
    put(memory_file(), bytes);
    HashMemory next_start = memory();
    EXPECT_EQ(verify(next_start), "opened") << bytes;
  }
  put(memory_file(), whole);
  chmod(memory_file().c_str(), 0666);
  HashMemory exposed = memory();
  EXPECT_EQ(verify(exposed), "opened") << "others could have written it";
}

TEST_F(ModelFile, SeveralComeAsOneWhichIsABundle) {
  HashMemory hashes = memory();
  put(folder_.path() / "nothing", "");
  const std::vector<NamedFile> files = {{file(), weights_sha256}, {folder_.path() / "nothing", empty_sha256}, {file(), weights_sha256}};
  const Result<Fd> together = open_verified_together(files, hashes);
  ASSERT_TRUE(together.ok()) << together.error().describe();
  std::string bytes(64, '\0');
  bytes.resize(static_cast<std::size_t>(pread(together->get(), bytes.data(), bytes.size(), 0)));
  const auto parts = wire::engine::files_in_bundle(bytes, files.size());
  ASSERT_TRUE(parts.ok());
  EXPECT_THAT(*parts, ::testing::ElementsAre("weights", "", "weights"));
  const std::vector<NamedFile> changed = {{file(), weights_sha256}, {file(), empty_sha256}};
  EXPECT_EQ(open_verified_together(changed, hashes).error().reason(), "model_file_changed");
}

TEST_F(ModelFile, IsReadWholeWhereItIsSmall) {
  HashMemory hashes = memory();
  EXPECT_EQ(*read_verified({file(), weights_sha256}, 7, hashes), "weights");
  EXPECT_EQ(read_verified({file(), weights_sha256}, 6, hashes).error().reason(), "model_file_unreadable");
  EXPECT_EQ(read_verified({file(), empty_sha256}, 7, hashes).error().reason(), "model_file_changed");
}

TEST_F(ModelFile, AMemoryThatCannotBeKeptHindersNobody) {
  HashMemory nowhere(folder_.path() / "absent" / "model_hashes.json", clock_);
  EXPECT_EQ(verify(nowhere), "opened");
  EXPECT_EQ(nowhere.recall(stamp()), weights_sha256);
}

TEST_F(ModelFile, TheMemoryHoldsOneHashAFileAndIsBounded) {
  HashMemory hashes = memory();
  FileStamp many = stamp();
  for (int i = 0; i < 1500; ++i) {
    ++many.mtime_ns;
    hashes.remember(many, weights_sha256);
  }
  EXPECT_LT(contents(memory_file()).size(), 300U) << "the same inode again and again";
  for (int i = 0; i < 1100; ++i) {
    ++many.inode;
    hashes.remember(many, weights_sha256);
  }
  EXPECT_EQ(hashes.recall(stamp()), std::nullopt);
  EXPECT_LT(contents(memory_file()).size(), 1024U * 200U);
  HashMemory next_start = memory();
  EXPECT_EQ(next_start.recall(many), weights_sha256);
}

}  // namespace
}  // namespace gatehouse::model
