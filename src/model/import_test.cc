#include "gatehouse/model/import.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>

#include "gatehouse/model/manifest.h"
#include "gatehouse/model/model_file.h"
#include "gatehouse/model/repository.h"
#include "test_folder.h"

namespace gatehouse::model {
namespace {

using testing::HasSubstr;

// The smallest file that is one: no tensors, a context.
std::string small_gguf() {
  std::string bytes = "GGUF";
  const auto number = [&bytes](auto value) { bytes.append(reinterpret_cast<const char*>(&value), sizeof value); };
  const auto text = [&](std::string_view value) {
    number(std::uint64_t{value.size()});
    bytes.append(value);
  };
  number(std::uint32_t{3}), number(std::uint64_t{0}), number(std::uint64_t{2});
  text("general.architecture"), number(std::uint32_t{8}), text("llama");
  text("llama.context_length"), number(std::uint32_t{4}), number(std::uint32_t{2048});
  return bytes + std::string(64, '\0');
}

class Import : public testing::Test {
 protected:
  Result<Imported> import(const std::string& bytes, const std::string& name = "mine") {
    put(folder_.path() / "file.gguf", bytes);
    return import_gguf(folder_.path() / "file.gguf", name, folder_.path() / "models", steps_);
  }
  ImportSteps steps_;
  TestFolder folder_;
};

TEST_F(Import, MakesAModelThatTheRepositoryFindsAndThatOpens) {
  const Result<Imported> model = import(small_gguf());
  ASSERT_TRUE(model.ok()) << model.error().describe();
  const std::vector<Entry> entries = newest(scan({folder_.path() / "models"}));
  ASSERT_EQ(entries.size(), 1U);
  ASSERT_TRUE(entries[0].manifest.ok()) << entries[0].manifest.error().describe();
  EXPECT_EQ(entries[0].name, "mine");
  EXPECT_EQ(entries[0].version, 1U);
  EXPECT_EQ(entries[0].manifest->limits.context, 2048U);
  EXPECT_EQ(entries[0].manifest->limits.cell_bytes.value_or(0), model->head.cell_bytes);
  const ManifestFile& file = entries[0].manifest->files.at(0);
  HashMemory memory(folder_.path() / "hashes");
  EXPECT_TRUE(open_verified(entries[0].folder / file.path, file.sha256, memory).ok());
  EXPECT_EQ(contents(entries[0].folder / file.path), small_gguf());
}

TEST_F(Import, WhatIsNoModelLeavesNothing) {
  for (const std::string& bytes : {std::string("PK is an archive"), small_gguf().substr(0, 40), std::string()}) {
    const Result<Imported> model = import(bytes);
    ASSERT_FALSE(model.ok());
    EXPECT_EQ(model.error().reason(), "gguf_invalid");
    EXPECT_THAT(model.error().public_text(), HasSubstr("file.gguf'"));
    EXPECT_TRUE(scan({folder_.path() / "models"}).empty());
  }
  EXPECT_EQ(import_gguf(folder_.path() / "none.gguf", "mine", folder_.path() / "models", steps_).error().reason(), "model_file_missing");
}

TEST_F(Import, OverwritesNothing) {
  ASSERT_TRUE(import(small_gguf()).ok());
  EXPECT_EQ(import(small_gguf()).error().reason(), "model_exists");
  EXPECT_TRUE(import(small_gguf(), "other").ok());
}

TEST_F(Import, NamesAreThoseOfTheRepository) {
  for (const char* name : {"", "Mine", "a/b", "..", ".a", "a b"})
    EXPECT_EQ(import(small_gguf(), name).error().reason(), "model_name_invalid") << name;
  EXPECT_EQ(model_name_of("/x/Qwen2.5 0.5B.gguf"), "qwen2.5-0.5b");
  EXPECT_EQ(model_name_of(".hidden.gguf"), "hidden");
  EXPECT_EQ(model_name_of("\xe4\xb8\xad.gguf"), "");
}

TEST_F(Import, SaysHowFarItIs) {
  put(folder_.path() / "file.gguf", small_gguf() + std::string(3'000'000, 'x'));
  std::vector<std::uint64_t> told;
  steps_.progress = [&told](std::uint64_t done, std::uint64_t all) {
    EXPECT_EQ(all, small_gguf().size() + 3'000'000);
    told.push_back(done);
  };
  ASSERT_TRUE(import_gguf(folder_.path() / "file.gguf", "mine", folder_.path() / "models", steps_).ok());
  EXPECT_EQ(told.size(), 3U);
  EXPECT_EQ(told.back(), small_gguf().size() + 3'000'000);
}

TEST_F(Import, OfAnotherFileThanTheOneGivenPinsThatOne) {
  const std::string other = small_gguf() + "other";
  steps_.write = [&other](const Fd&, const Fd& to) {
    EXPECT_EQ(::write(to.get(), other.data(), other.size()), static_cast<ssize_t>(other.size()));
    return ok();
  };
  const Result<Imported> model = import(small_gguf());
  ASSERT_TRUE(model.ok()) << model.error().describe();
  EXPECT_EQ(model->bytes, other.size());
  HashMemory memory(folder_.path() / "hashes");
  EXPECT_TRUE(open_verified(model->folder / "model.gguf", model->sha256, memory).ok());
  EXPECT_EQ(contents(model->folder / "model.gguf"), other);
}

TEST_F(Import, OfAFileThatTheStepMadeNoModelOfLeavesNothing) {
  steps_.write = [](const Fd&, const Fd& to) -> Status {
    EXPECT_EQ(::write(to.get(), "PK", 2), 2);
    return ok();
  };
  EXPECT_EQ(import(small_gguf()).error().reason(), "gguf_invalid");
  steps_.write = [](const Fd&, const Fd&) -> Status { return operator_error("scripted", "no room"); };
  EXPECT_EQ(import(small_gguf()).error().reason(), "scripted");
  EXPECT_TRUE(scan({folder_.path() / "models"}).empty());
}

TEST_F(Import, OfAModelThatDoesNotWorkLeavesNothing) {
  steps_.try_out = [](const Fd& file, const GgufHead& head) -> Status {
    EXPECT_TRUE(file);
    EXPECT_EQ(head.context, 2048U);
    return operator_error("scripted", "it does not load");
  };
  EXPECT_EQ(import(small_gguf()).error().reason(), "scripted");
  EXPECT_TRUE(scan({folder_.path() / "models"}).empty());
}

}  // namespace
}  // namespace gatehouse::model
