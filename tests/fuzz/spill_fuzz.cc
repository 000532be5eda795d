// SPDX-License-Identifier: Apache-2.0
// The directory where objects go that find no room in memory, in which others write, too.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "core/base/check.h"
#include "core/base/crc32c.h"
#include "core/objects/spill_directory.h"
#include "tests/fuzz/fuzz_target.h"

namespace manta {
namespace {

namespace fs = std::filesystem;

/// A folder that is gone with this.
class Folder {
 public:
  Folder() {
    std::string path = (fs::temp_directory_path() / "manta-spill-fuzz.XXXXXX").string();
    MANTA_CHECK(::mkdtemp(path.data()) != nullptr, "no folder");
    path_ = path;
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

/// Objects on disk whose files anybody changes.
class DirectoryUnderAttack {
 public:
  void run(FuzzReader& input) {
    switch (input.byte() % 6) {
      case 0: write(input); break;
      case 1: overwrite(input); break;
      case 2: read(); break;
      case 3: place_another(input); break;
      case 4: static_cast<void>(SpillDirectory::sweep(folder_.path())); break;
      default:
        if (!written_.empty()) written_.erase(written_.begin() + input.byte() % static_cast<int>(written_.size()));
        break;
    }
  }
  // What is read is what was written, or it is known to be lost; and no file of a living directory was swept away.
  void read() {
    for (const SpilledBytes& bytes : written_) {
      std::vector<std::byte> out(bytes.size);
      const auto done = bytes.read(out);
      MANTA_CHECK(!done || crc32c(out) == bytes.checksum, "what was read is not what was written");
      MANTA_CHECK(done || done.error().code == ErrorCode::kObjectLost, "an error that nobody expects");
      MANTA_CHECK(done || is_touched_, "an object is lost that nobody has touched");
    }
  }

 private:
  void write(FuzzReader& input) {
    std::vector<std::byte> piece(input.byte(), std::byte{input.byte()});
    const std::vector<std::span<const std::byte>> pieces(1 + input.byte() % 3, piece);
    auto written = directory_->write(pieces);
    MANTA_CHECK(written || written.error().code == ErrorCode::kExhausted, "a file could not be written");
    if (written) written_.insert(written_.end(), written->begin(), written->end());
  }
  void overwrite(FuzzReader& input) {
    if (written_.empty()) return;
    is_touched_ = true;
    const std::string& path = written_[input.byte() % written_.size()].file->path();
    switch (input.byte() % 4) {
      case 0: ::unlink(path.c_str()); return;
      case 1: static_cast<void>(::truncate(path.c_str(), input.byte())); return;
      case 2:
        ::unlink(path.c_str());
        static_cast<void>(::symlink("/dev/zero", path.c_str()));
        return;
      default: break;
    }
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(input.byte());
    file.put(static_cast<char>(input.byte()));
  }
  // A directory whose name may look like one of ours.
  void place_another(FuzzReader& input) {
    std::string name = input.byte() % 2 == 0 ? "manta-spill." : "";
    for (int i = input.byte() % 40; i > 0; --i) {
      const char c = static_cast<char>(input.byte());
      name += c == '/' || c == '\0' ? '.' : c;
    }
    if (name.empty() || name == "." || name == "..") return;
    const fs::path path = folder_.path() / name;
    if (input.byte() % 2 == 0) {
      static_cast<void>(::symlink(directory_->path().c_str(), path.c_str()));
    } else {
      static_cast<void>(::mkdir(path.c_str(), 0700));
    }
  }

  Folder folder_;
  const std::shared_ptr<SpillDirectory> directory_ =
      std::make_shared<SpillDirectory>(folder_.path(), std::uint64_t{1} << 16);
  std::vector<SpilledBytes> written_;
  bool is_touched_ = false;
};

FuzzWriter& place(FuzzWriter& seed, std::string_view rest, std::uint8_t what) {
  seed.byte(3).byte(0).byte(static_cast<std::uint8_t>(rest.size()));
  return seed.bytes(std::as_bytes(std::span(rest))).byte(what);
}

}  // namespace

std::vector<FuzzInput> fuzz_seeds() {
  std::vector<FuzzInput> seeds;
  for (std::uint8_t how = 0; how < 4; ++how) {
    FuzzWriter seed;
    seed.byte(0).byte(100).byte(7).byte(1).byte(2).byte(1).byte(0).byte(how).byte(20).byte(9).byte(2).byte(4);
    seeds.push_back(seed.input());
    FuzzWriter other;
    other.byte(0).byte(10).byte(7).byte(0);
    place(other, how % 2 == 0 ? "1.17.0badcafe.0" : "1.99999999.x", how / 2).byte(4).byte(2);
    seeds.push_back(other.input());
  }
  return seeds;
}

}  // namespace manta

// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr int kStepsMax = 100;
  manta::FuzzReader input({data, size});
  manta::DirectoryUnderAttack directory;
  for (int step = 0; step < kStepsMax && !input.empty(); ++step) directory.run(input);
  directory.read();
  return 0;
}
