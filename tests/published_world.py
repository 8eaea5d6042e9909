"""Every data set of `config/paper.yaml` in its published layout, small, with drawn faces of few pixels.

The traps of the layouts are in `tests.data.images.miniatures`; here each data set has what a whole run
needs: every class in every subset, subjects of several images, the owners' lists. LFW shares a subject's name
and two pictures with VGGFace2, so that the table of overlaps has something to find.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy.io import savemat

from tests.data.images.miniatures.drawn import face, put, write
from tests.data.images.miniatures.identities import write_records

__all__ = ["OBJECTS", "write_published"]

#: Tiny ImageNet's classes here.
OBJECTS = ("n01443537", "n01629819", "n02124075")
#: Seven expressions as FER2013, AffectNet, RAF-DB, JAFFE, TFEID and folders write them; one order.
_WORDS = ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral")
_AFFECTNET, _RAF = (6, 5, 4, 1, 2, 3, 0), (6, 3, 2, 4, 5, 1, 7)
_JAFFE, _TFEID = ("AN", "DI", "FE", "HA", "SA", "SU", "NE"), ("ag", "dg", "fg", "hg", "sg", "pg", "ng")
_SFEW = ("Angry", "Disgust", "Fear", "Happy", "Sad", "Surprise", "Neutral")


def write_published(root: Path) -> None:
    """Write all data sets below ``root``, each into the folder that `config/paper.yaml` names."""
    _fer2013(root / "fer2013")
    _jaffe(root / "jaffe")
    _tfeid(root / "tfeid")
    _mug(root / "mug")
    _affectnet(root / "AffectNet")
    _msceleb(root / "faces_emore")
    _imdb_wiki(root / "imdb-wiki")
    _celeba(root / "CelebA")
    _tiny_imagenet(root / "tiny-imagenet-200")
    _vggface2(root / "VGGFace2")
    _emotionet(root / "EmotioNet")
    _utkface(root / "UTKFace")
    _sfew(root / "SFEW")
    _rafdb(root / "RAF-DB")
    _lfw(root / "lfw-all")
    _unbc(root / "UNBC")
    _fgnet(root / "FGNET")


def _fer2013(root: Path) -> None:
    rng = np.random.default_rng(1)
    rows = []
    for usage, images in (("Training", 8), ("PublicTest", 3), ("PrivateTest", 4)):
        for code in [*range(7)] * images:
            pixels = (rng.integers(0, 60, 48 * 48) + 25 * code).astype(str)
            rows.append(f"{code},{' '.join(pixels)},{usage}")
    write(root, "fer2013.csv", "emotion,pixels,Usage", *rows)


def _jaffe(root: Path) -> None:
    for subject in range(10):
        for place, code in enumerate(_JAFFE):
            for take in (1, 2):
                name = f"{'ABCDEFGHIJ'[subject]}K.{code}{take}.{20 * subject + 2 * place + take}.tiff"
                put(root, name, 1000 + 100 * subject + 2 * place + take, mode="L")


def _tfeid(root: Path) -> None:
    for subject in range(1, 11):
        for place, code in enumerate(_TFEID):
            ending = ".JPG" if code == "pg" else ".jpg"
            name = f"dfh_gray/dfh_{_WORDS[place]}_g/{'fm'[subject % 2]}{subject:02d}_dfh_{code}{ending}"
            put(root, name, 3000 + 10 * subject + place, mode="L")


def _mug(root: Path) -> None:
    for subject in range(1, 13):
        for place, word in enumerate(_WORDS):
            for image in (1, 2):
                name = f"{subject:03d}/{word}/take000/img_{image:04d}.jpg"
                put(root, name, 4000 + 20 * subject + 2 * place + image)


def _affectnet(root: Path) -> None:
    head = "subDirectory_filePath,face_x,face_y,face_width,face_height,facial_landmarks,expression"
    head += ",valence,arousal"
    for part, images in (("training", 10), ("validation", 3)):
        rows = []
        for place, code in enumerate([*_AFFECTNET] * images):
            image = f"{part[0]}{place % 5}/{part}{place}.jpg"
            put(root, f"Manually_Annotated_Images/{image}", 5000 + place + 500 * (part == "validation"))
            rows.append(f"{image},2,2,44,44,,{code},0.1,0.1")
        write(root, f"Manually_Annotated_file_lists/{part}.csv", head, *rows)


def _msceleb(root: Path) -> None:
    root.mkdir(parents=True)
    subjects, size = 16, 5
    images = [
        ([float(subject)], face(6000 + size * subject + n))
        for subject in range(subjects)
        for n in range(size)
    ]
    owners = [([float(1 + size * who), float(1 + size * (who + 1))], b"") for who in range(subjects)]
    first = 1 + len(images)
    write_records(root, [([float(first), float(first + subjects)], b""), *images, *owners])
    write(root, "property", f"{subjects},112,112")


def _imdb_wiki(root: Path) -> None:
    rng = np.random.default_rng(2)
    for part, count in (("imdb", 90), ("wiki", 30)):
        birth = rng.integers(710000, 729000, count)
        taken = 2010 - rng.integers(0, 5, count)
        paths = [
            f"{n % 10:02d}/nm{n // 2:07d}_rm{n}_1970-1-1_{taken[n]}.jpg"
            if part == "imdb"
            else f"{n % 10:02d}/{n}_1970-01-01_{taken[n]}.jpg"
            for n in range(count)
        ]
        cells = {name: np.empty((1, count), object) for name in ("full_path", "name")}
        for place, path in enumerate(paths):
            put(root, f"{part}_crop/{path}", 7000 + place + 200 * (part == "wiki"))
            cells["full_path"][0, place] = path
            cells["name"][0, place] = f"{part.title()} Person {place // 2 if part == 'imdb' else place}"
        numbers = {
            "dob": birth.astype(np.int32),
            "photo_taken": taken.astype(np.uint16),
            "gender": rng.integers(0, 2, count).astype(float),
            "face_score": np.full(count, 3.0),
            "second_face_score": np.full(count, np.nan),
        }
        struct = {name: values[None] for name, values in numbers.items()} | cells
        savemat(root / f"{part}_crop/{part}.mat", {part: struct})


def _celeba(root: Path) -> None:
    rng = np.random.default_rng(3)
    files = [f"{number:06d}.jpg" for number in range(1, 81)]
    for number, name in enumerate(files):
        put(root, f"Img/img_align_celeba/{name}", 8000 + number, size=(44, 54))
    rows = [f"{name}  " + "  ".join(rng.choice(["1", "-1"], 40)) for name in files]
    names = ["5_o_Clock_Shadow", *(f"Name_{place}" for place in range(38)), "Young"]
    write(root, "Anno/list_attr_celeba.txt", str(len(files)), " ".join(names), *rows)
    write(root, "Anno/identity_CelebA.txt", *(f"{name} {n // 2 + 1}" for n, name in enumerate(files)))
    parts = [0] * 50 + [1] * 10 + [2] * 20
    write(
        root, "Eval/list_eval_partition.txt", *(f"{n} {part}" for n, part in zip(files, parts, strict=True))
    )


def _tiny_imagenet(root: Path) -> None:
    write(root, "wnids.txt", *OBJECTS)
    rows = []
    for place, wnid in enumerate(OBJECTS):
        for image in range(14):
            number, size = 9000 + 50 * place + image, (64, 64)
            put(root, f"train/{wnid}/images/{wnid}_{image}.JPEG", number, size=size)
            if image < 5:
                put(root, f"val/images/val_{5 * place + image}.JPEG", number + 25, size=size)
                rows.append(f"val_{5 * place + image}.JPEG\t{wnid}\t0\t0\t63\t63")
    write(root, "val/val_annotations.txt", *rows)


def _vggface2(root: Path) -> None:
    meta = ["Class_ID, Name, Sample_Num, Flag, Gender"]
    for part, subjects, first in (("train", 24, 0), ("test", 14, 24)):
        for who in range(first, first + subjects):
            meta.append(f'n{who + 2:06d}, "Person_{who}",6,{int(part == "train")}, {"mf"[who % 2]}')
            for image in range(6):
                put(root, f"{part}/n{who + 2:06d}/{image:04d}_01.jpg", 10000 + 10 * who + image)
    write(root, "identity_meta.csv", *meta)


def _emotionet(root: Path) -> None:
    base, stems = "https://s3.us-east-2.amazonaws.com/emotionet/Images", []
    for number in range(40):
        stems.append(f"N_{number // 8 + 1:010d}_{number:05d}")
        put(root, f"Images/{stems[-1][:12]}/{stems[-1]}.jpg", 11000 + number)
    rows = ["\t".join([f"{base}/{stem[:12]}/{stem}.jpg", "http://x", *["999"] * 60]) for stem in stems]
    write(root, "dataFile_0001.txt", *rows)


def _utkface(root: Path) -> None:
    names = []
    for number in range(120):
        age, gender, race = (7 * number) % 80, number % 2, number % 5
        names.append(f"{age}_{gender}_{race}_{20170116000000000 + number}.jpg.chip.jpg")
        put(root, f"UTKFace/{names[-1]}", 12000 + number)
    adults = [(name, int(name.split("_")[0]) - 21) for name in names if 21 <= int(name.split("_")[0]) <= 60]
    lines = [f"{place},{name},{age}" for place, (name, age) in enumerate(adults)]
    cut = 3 * len(lines) // 4
    write(root, "utk_train.csv", ",file,age", *lines[:cut])
    write(root, "utk_test.csv", ",file,age", *lines[cut:])


def _sfew(root: Path) -> None:
    for folder, films, images in (
        ("Train/Train_Aligned_Faces", 8, 10),
        ("Val/Val_Aligned_Faces_new/Val_Aligned_Faces", 4, 4),
    ):
        for place, word in enumerate(_SFEW):
            for image in range(images):
                film = f"{folder[:2]}Film{image % films}"
                name = f"{folder}/{word}/{film}_{image:09d}_{place:08d}.png"
                put(root, name, 13000 + 20 * place + image + 200 * (folder[0] == "V"))


def _rafdb(root: Path) -> None:
    lines = []
    for part, images, width in (("train", 9, 5), ("test", 4, 4)):
        for number, code in enumerate([*_RAF] * images, start=1):
            stem = f"{part}_{number:0{width}d}"
            lines.append(f"{stem}.jpg {code}")
            put(root, f"Image/original/{stem}.jpg", 14000 + number + 100 * (part == "test"))
    write(root, "EmoLabel/list_patition_label.txt", *lines)


def _lfw(root: Path) -> None:
    folds, size, lines = 4, 3, ["4\t3"]
    for fold in range(folds):
        names = [f"Ada_{fold}", f"Person_{fold}"]
        for who, name in enumerate(names):
            for image in range(1, size + 2):
                # Two pictures of the first fold are VGGFace2's.
                copied = fold == 0 and who == 1 and image <= 2
                number = 10000 + image if copied else 15000 + 100 * fold + 10 * who + image
                put(root, f"lfw/{name}/{name}_{image:04d}.jpg", number)
        lines += [f"{names[0]}\t{image}\t{image + 1}" for image in range(1, size + 1)]
        lines += [f"{names[0]}\t{image}\t{names[1]}\t{image}" for image in range(1, size + 1)]
    write(root, "pairs.txt", *lines)


def _unbc(root: Path) -> None:
    for subject in range(4):
        for frame in range(1, 8):
            below = f"{subject:03d}-aa{subject:03d}/aa{subject:03d}t1aaaff/aa{subject:03d}t1aaaff{frame:03d}"
            put(root, f"Images/{below}.png", 16000 + 10 * subject + frame)
            score = (frame + subject) % 5
            write(root, f"Frame_Labels/PSPI/{below}_facs.txt", f"   {score:.7e}")


def _fgnet(root: Path) -> None:
    for subject in range(1, 5):
        for place in range(6):
            put(
                root,
                f"FGNET/images/{subject:03d}A{(11 * place + subject) % 60:02d}.JPG",
                17000 + 10 * subject + place,
            )
