"""Miniatures of sets of subjects, ages and attributes."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
from scipy.io import savemat

from tests.data.images.miniatures.drawn import face, put, write


def write_records(root: Path, contents: list[tuple[list[float], bytes]], name: str = "train") -> None:
    """Write record and index files byte for byte as MXNet does: labels, image, padding, the magic split."""
    magic, offset, index = struct.pack("<I", 0xCED7230A), 0, []
    with open(root / f"{name}.rec", "wb") as stream:
        for key, (labels, image) in enumerate(contents):
            single = len(labels) == 1
            head = struct.pack("<IfQQ", 0 if single else len(labels), labels[0] if single else 0.0, key, 0)
            data = head + (b"" if single else struct.pack(f"<{len(labels)}f", *labels)) + image
            cuts = [place for place in range(0, len(data) - 3, 4) if data[place : place + 4] == magic]
            begins = [0, *(cut + 4 for cut in cuts)]
            parts = [data[begin:end] for begin, end in zip(begins, [*cuts, len(data)], strict=True)]
            index.append(f"{key}\t{offset}")
            for place, part in enumerate(parts):
                kind = 0 if len(parts) == 1 else 1 if place == 0 else 3 if place == len(parts) - 1 else 2
                padded = part + b"\0" * (-len(part) % 4)
                stream.write(magic + struct.pack("<I", kind << 29 | len(part)) + padded)
                offset += 8 + len(padded)
    write(root, f"{name}.idx", *index)


def msceleb_records(root: Path) -> Path:
    """Three subjects of 2, 3 and 1 images; labels are arrays in some; an image holds the magic number."""
    root.mkdir(parents=True, exist_ok=True)
    sizes, images, identities = (2, 3, 1), [], []
    for subject, size in enumerate(sizes):
        begin = 1 + len(images)
        for _ in range(size):
            number = len(images)
            # What follows the image's end is ignored by decoders; here it holds the magic number.
            tail = (
                b"\0" * (-len(face(number)) % 4) + struct.pack("<I", 0xCED7230A) + b"end"
                if number == 1
                else b""
            )
            images.append(([float(subject), 1.0] if number % 2 else [float(subject)], face(number) + tail))
        identities.append(([float(begin), float(1 + len(images))], b""))
    first = 1 + len(images)
    write_records(root, [([float(first), float(first + len(sizes))], b""), *images, *identities])
    write(root, "property", f"{len(sizes)},112,112")
    return root


def msceleb(root: Path) -> Path:
    """A folder a subject, and cleaned lists of which one gives an image another label."""
    for subject in ("m.01", "m.0_f", "m.x2"):
        for rank in range(3):
            put(root, f"{subject}/{rank}-FaceId-0.jpg", rank)
    write(
        root,
        "clean_list_128Vec_WT051_P010.txt",
        "0 m.01/0-FaceId-0.jpg",
        "0 m.01/2-FaceId-0.jpg",
        "1 m.0_f/1-FaceId-0.jpg",
    )
    write(root, "relabel_list_128Vec_T058.txt", "1 m.x2/2-FaceId-0.jpg")
    return root


def lfw(root: Path, folds: int = 2, size: int = 2) -> Path:
    """The ten folds in small: pairs of one subject and of two; a subject of a single image without pairs."""
    lines = [f"{folds}\t{size}"]
    for fold in range(folds):
        names = [f"Ada_{'ABCDEFGHIJ'[fold]}", f"Bo-Ann_{'ABCDEFGHIJ'[fold]}"]
        for name in names:
            for image in range(1, size + 2):
                put(root, f"lfw/{name}/{name}_{image:04d}.jpg", image)
        lines += [f"{names[0]}\t{image}\t{image + 1}" for image in range(1, size + 1)]
        lines += [f"{names[0]}\t{image}\t{names[1]}\t{image}" for image in range(1, size + 1)]
    put(root, "lfw/Zoe/Zoe_0001.jpg", 5)
    write(root, "pairs.txt", *lines)
    return root


def vggface2(root: Path) -> Path:
    """Blanks after commas, a name with a comma whose row ends without one, boxes by names without ending."""
    people = {"train": ("n000002", "n000003"), "test": ("n000001",)}
    for part, subjects in people.items():
        boxes, marks = (
            ["NAME_ID,X,Y,W,H"],
            ["NAME_ID," + ",".join(f"P{i}{axis}" for i in range(1, 6) for axis in "XY")],
        )
        for subject in subjects:
            for image in (1, 2):
                put(root, f"{part}/{subject}/{image:04d}_01.jpg", image)
                boxes.append(f'"{subject}/{image:04d}_01",{image},2,40,44')
                marks.append(f'"{subject}/{image:04d}_01",18,20,30,21,24,30,20,38,28,38')
        write(root, f"bb_landmark/loose_bb_{part}.csv", *boxes)
        write(root, f"bb_landmark/loose_landmark_{part}.csv", *marks)
    write(
        root,
        "identity_meta.csv",
        *("Class_ID, Name, Sample_Num, Flag, Gender", 'n000001, "14th_Dalai_Lama",424,0, m,'),
        *('n000002, "A_Fine_Frenzy",315,1, f,', 'n000003, "Doe, Jo",100,1, m'),
    )
    return root


CELEBA_NAMES = ["5_o_Clock_Shadow", *(f"Name_{place}" for place in range(38)), "Young"]


def celeba(root: Path, flat: bool = False) -> Path:
    """As published, or all flat: runs of blanks, -1 for absent, boxes of the photographs alone."""
    anno, evaluation, above = ("", "", "") if flat else ("Anno/", "Eval/", "Img/")
    files = [f"{number:06d}.jpg" for number in range(1, 7)]
    for number, name in enumerate(files):
        put(root, f"{above}img_align_celeba/{name}", number, size=(44, 54))
        put(root, f"{above}img_celeba/{name}", number, size=(90, 80))
    rows = [
        f"{name}  " + "  ".join(["1" if (number + place) % 3 == 0 else "-1" for place in range(40)])
        for number, name in enumerate(files)
    ]
    write(root, f"{anno}list_attr_celeba.txt", "6", " ".join(CELEBA_NAMES) + " ", *rows)
    write(
        root,
        f"{anno}identity_CelebA.txt",
        *(f"{name} {number // 2 + 7}" for number, name in enumerate(files)),
    )
    write(
        root,
        f"{evaluation}list_eval_partition.txt",
        *(f"{name} {number // 2}" for number, name in enumerate(files)),
    )
    boxes = [f"{name}    {number}  10  40  44" for number, name in enumerate(files)]
    write(root, f"{anno}list_bbox_celeba.txt", "6", "image_id x_1 y_1 width height", *boxes)
    names = " ".join(
        f"{place}_{axis}" for place in ("lefteye", "righteye", "nose", "leftmouth") for axis in "xy"
    )
    names += " rightmouth_x rightmouth_y"
    for kind, shift in (("", 20), ("_align", 0)):
        marks = [f"{name} {16 + shift} 24 {28 + shift}  25 22 30 17 40 27 40" for name in files]
        write(root, f"{anno}list_landmarks{kind}_celeba.txt", "6", names, *marks)
    return root


def imdb_wiki(root: Path) -> Path:
    """No face (minus infinity), a second face, unknown gender, wrong birth, months that are 0."""
    cases = [  # path, dob, taken, gender, score, second
        ("01/nm0000001_rm124825600_1899-5-10_1968.jpg", 693726, 1968, 1.0, 3.5, np.nan),
        ("01/nm0000001_rm2_1899-0-00_1970.jpg", 0, 1970, 1.0, 2.0, np.nan),
        ("02/nm0000002_rm3_1960-6-30_2000.jpg", 716057, 2000, 0.0, 1.5, 0.0),
        ("02/nm0000002_rm4_1960-7-2_2000.jpg", 716059, 2000, np.nan, 1.0, np.nan),
        ("02/nm0000002_rm5_1960-7-2_2001.jpg", 716059, 2001, 0.0, -np.inf, np.nan),
        ("02/nm0000002_rm6_1960-7-2_2002.jpg", 716059, 2002, 0.0, 4.0, 3.0),
        ("03/nm0000003_rm7_1960-7-2_2003.jpg", 716059, 2003, 0.0, 0.2, np.nan),
    ]
    _mat(root, "imdb", cases, celeb=True)
    wiki = [
        ("17/10000217_1981-05-05_2009.jpg", 723671, 2009, 1.0, 4.3, np.nan),
        ("48/10000548_1948-07-03_2008.jpg", 711677, 2008, 0.0, 2.6, np.nan),
    ]
    _mat(root, "wiki", wiki)
    return root


def _mat(root: Path, part: str, cases: list[tuple], celeb: bool = False) -> None:
    for number, (path, *_) in enumerate(cases):
        put(root, f"{part}_crop/{path}", number)
    cells = {name: np.empty((1, len(cases)), object) for name in ("full_path", "name", "face_location")}
    for place, (path, *_) in enumerate(cases):
        cells["full_path"][0, place] = path
        cells["name"][0, place] = "Someone"
        cells["face_location"][0, place] = np.array([[1.0, 1.0, 300.0, 400.0]])
    paths, births, taken, gender, score, second = zip(*cases, strict=True)
    struct = {
        "dob": np.array([births], np.int32),
        "photo_taken": np.array([taken], np.uint16),
        "full_path": cells["full_path"],
        "gender": np.array([gender]),
        "name": cells["name"],
        "face_location": cells["face_location"],
        "face_score": np.array([score]),
        "second_face_score": np.array([second]),
    }
    if celeb:
        struct["celeb_id"] = np.ones((1, len(paths)))
    savemat(root / f"{part}_crop/{part}.mat", {part: struct})


UTKFACE = [
    *("1_0_0_20161219140623097", "24_0_1_20170116220224657 ", "28_1_2_201701161846515488"),
    *("39_1_20170116174525125", "61_1_20170109142408075", "116_1_4_20170112213500903"),
    *("30_0_3_20170117000000001", "22_1_0_20170117000000002", "23_0_2_20170117000000003"),
]


def utkface(root: Path) -> Path:
    """Names that lack a field, a blank or no dot before the ending, long times, and CORAL's kind of lists."""
    names = [f"{name}.jpg.chip.jpg" for name in UTKFACE] + ["55_0_0_20170116232725357jpg.chip.jpg"]
    for number, name in enumerate(names):
        put(root, f"UTKFace/{name}", number)
    for number, name in enumerate((*UTKFACE[:3], "53__0_20170116184028385")):
        put(root, f"part1/{name}.jpg", number, size=(80, 60))
    ages = [(name, int(name.split("_")[0]) - 21) for name in names]
    adults = [f"{place},{name},{age}" for place, (name, age) in enumerate(ages) if 0 <= age < 40]
    write(root, "utk_train.csv", ",file,age", *adults[:4])
    write(root, "utk_test.csv", ",file,age", *adults[4:])
    return root


def fgnet(root: Path) -> Path:
    """Endings in both cases, a small a for A, a trailing letter, landmarks beside."""
    for number, name in enumerate(
        ("001A02.JPG", "001A43b.JPG", "002A03.jpg", "009A16a.JPG", "009a22.JPG", "082A00.JPG")
    ):
        put(root, f"FGNET/images/{name}", number)
        write(
            root,
            f"FGNET/points/{Path(name).stem.lower()}.pts",
            "version: 1",
            "n_points: 68",
            "{",
            "1.0 2.0",
            "}",
        )
    return root
