"""Miniatures of sets of expressions, action units, pain, and objects."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.data.images.miniatures.drawn import points, put, write


def affectnet(root: Path) -> Path:
    """Lists with boxes: endings mixed, codes 8 to 10, no header in validation.csv, an image twice."""
    head = "subDirectory_filePath,face_x,face_y,face_width,face_height,facial_landmarks,expression"
    head += ",valence,arousal"
    endings = [".jpg", ".JPG", ".png", ".bmp", ".tif"]
    rows: dict[str, list[str]] = {"training": [head], "validation": []}
    for code in range(11):
        for part, folder in (("training", code), ("validation", 100 + code)):
            image = f"{folder}/{code:04x}{endings[code % 5]}"
            put(root, f"Manually_Annotated_Images/{image}", code)
            feeling = "-2,-2" if code >= 8 else f"{code / 10},-0.{code}"
            box = "-9,-9,-9,-9" if code == 10 else f"{code},2,40,44"
            rows[part].append(f"{image},{box},{points(code)},{code},{feeling}")
    rows["training"].append(rows["training"][1])
    for part, lines in rows.items():
        write(root, f"Manually_Annotated_file_lists/{part}.csv", *lines)
    put(root, "Automatically_Annotated_Images/7/auto.jpg", 3)
    write(
        root,
        "Automatically_annotated_file_list/automatically_annotated.csv",
        *(head, f"7/auto.jpg,1,2,40,44,{points(0)},1,0.5,0.5"),
    )
    return root


def affectnet_npy(root: Path) -> Path:
    """Cropped faces with a file an annotation: values as numbers and as text."""
    for part in ("train_set", "val_set"):
        (root / part / "annotations").mkdir(parents=True)
        for code in range(8):
            put(root, f"{part}/images/{code}.jpg", code)
            values = {"exp": str(code), "val": f"0.{code}", "aro": f"-0.{code}"}
            for kind, value in values.items():
                stored = np.array(value) if code % 2 else np.array(float(value))
                np.save(root / f"{part}/annotations/{code}_{kind}.npy", stored)
            flat = np.array([float(word) for word in points(code).split(";")])
            np.save(root / f"{part}/annotations/{code}_lnd.npy", flat)
    return root


def rafdb(root: Path) -> Path:
    """Five digits in train's names, four in test's, the owners' spelling, tabs and blanks, unsure gender."""
    lines = []
    for number in range(1, 15):
        stem = f"train_{number:05d}" if number <= 9 else f"test_{number - 9:04d}"
        lines.append(f"{stem}.jpg {(number - 1) % 7 + 1}")
        put(root, f"Image/aligned/{stem}_aligned.jpg", number)
        put(root, f"Image/original/{stem}.jpg", number, size=(80, 60))
        blank = "\t" if number % 2 else "  "
        places = [(18, 20), (30, 21), (24, 30), (20, 38), (28, 38)]
        facts = [f"{x}{blank}{y}" for x, y in places] + [str(number % 3), str(number % 3), str(number % 5)]
        write(root, f"Annotation/manual/{stem}_manu_attri.txt", *facts, end="\r\n")
    write(root, "EmoLabel/list_patition_label.txt", *lines)
    return root


def sfew(root: Path) -> Path:
    """Stems in two classes, names that are numbers, a film that is one, hyphens, double underscores."""
    train = "Train/Train_Aligned_Faces"
    val = "Val/Val_Aligned_Faces_new/Val_Aligned_Faces"
    names = {
        f"{train}/Angry": ["21_001108440_00000025", "Harry_Potter_1_000000001_00000002"],
        f"{train}/Disgust": ["38", "Hangover-000000001-00000002"],
        f"{train}/Fear": ["38", "Hangover__000000009_00000002"],
        f"{train}/Happy": ["Juno_000000001_00000002"],
        f"{train}/Neutral": ["Juno_000000001_00000002"],
        f"{train}/Sad": ["Juno_000000003_00000002"],
        f"{train}/Surprise": ["Juno_000000004_00000002"],
        f"{val}/Happy": ["Titanic_000000001_00000001"],
        f"{val}/Sad": ["Titanic_000000002_00000001"],
    }
    for place, (folder, stems) in enumerate(names.items()):
        for stem in stems:
            put(root, f"{folder}/{stem}.png", place)
    put(root, "Test/Test_Aligned_Faces/Unknown_000000001_00000001.png", 1)
    return root


def tfeid(root: Path) -> Path:
    """Surprise under the letter p, endings in capitals, contempt, and a name of more parts."""
    folders = {"ag": "anger", "cg": "contempt", "dg": "disgust", "fg": "fear", "hg": "happiness"}
    folders |= {"ng": "neutral", "pg": "surprise", "sg": "sadness"}
    for model in ("f01", "f02", "m01"):
        for place, (code, folder) in enumerate(folders.items()):
            ending = ".JPG" if code == "pg" else ".jpg"
            put(root, f"dfh_gray/dfh_{folder}_g/{model}_dfh_{code}{ending}", place, mode="L")
    put(root, "slight/f01_dfl_2_hg.jpg", 9)
    return root


def emotionet(root: Path) -> Path:
    """Dead links, 999 for not annotated, a list without header, stray quotes, and images of no list."""
    base = "https://s3.us-east-2.amazonaws.com/emotionet/Images"
    stems = [f"N_{folder:010d}_{image:05d}" for folder in (1, 2) for image in range(1, 4)]
    for number, stem in enumerate(stems):
        put(root, f"images/{stem[:12]}/{stem}.jpg", number)
    units = [["999"] * 60 for _ in range(4)]
    units[0][0], units[1][11], units[2][0] = "1", "0", "1"
    listed = [*stems[:3], "N_0000000009_00001"]
    rows = [
        "\t".join([f"{base}/{stem[:12]}/{stem}.jpg", "http://gone.example/x.jpg", *values])
        for stem, values in zip(listed, units, strict=True)
    ]
    write(root, "emotionet_challenge_files_server_challenge_1.2_aws/dataFile_0001.txt", *rows)
    head = ["URL", " URL orig", *(f" 'AU {unit}'" for unit in range(1, 61))]
    manual = [f"'{base}/{stems[2][:12]}/{stems[2]}.jpg'", " 'http://x'", "0", *["999"] * 58, "1"]
    write(root, "EmotioNet_FACS_aws_2020_24600.csv", ",".join(head), ",".join(manual))
    return root


def unbc(root: Path, double: bool = False) -> Path:
    """Scores in float notation, empty files of units, units that are 0, or folders that are there twice."""
    images, labels = ("Images/Images", "Frame_Labels/Frame_Labels") if double else ("Images", "Frame_Labels")
    for place, (subject, sequence) in enumerate(
        (("042-ll042", "ll042t1aaaff"), ("124-dn124", "dn124t1aiaff"))
    ):
        for frame in (1, 2, 420):
            below = f"{subject}/{sequence}/{sequence}{frame:03d}"
            put(root, f"{images}/{below}.png", place)
            score = {1: 0, 2: 5, 420: 16}[frame]
            units = {
                1: "",
                2: "   4.0000000e+00   2.0000000e+00   0.0000000e+00   0.0000000e+00\n"
                "   4.3000000e+01   1.0000000e+00   0.0000000e+00   0.0000000e+00\n"
                "   7.0000000e+00   2.0000000e+00   0.0000000e+00   0.0000000e+00\n",
                420: "   0.0000000e+00   0.0000000e+00   0.0000000e+00   0.0000000e+00\n",
            }[frame]
            write(root, f"{labels}/PSPI/{below}_facs.txt", f"   {score:.7e}")
            write(root, f"{labels}/FACS/{below}_facs.txt", units, end="")
    return root


def tiny_imagenet(root: Path) -> Path:
    """Validation in one folder with a list of six columns, grey images, test images without labels."""
    root = root / "tiny-imagenet-200"
    wnids = ("n02124075", "n01443537")
    write(root, "wnids.txt", *wnids)
    write(root, "words.txt", "n01443537\tgoldfish, Carassius auratus", "n02124075\tEgyptian cat")
    for wnid in wnids:
        for image in range(3):
            put(
                root,
                f"train/{wnid}/images/{wnid}_{image}.JPEG",
                image,
                size=(64, 64),
                mode="RGB" if image else "L",
            )
        write(
            root,
            f"train/{wnid}/{wnid}_boxes.txt",
            *(f"{wnid}_{image}.JPEG\t0\t10\t63\t58" for image in range(3)),
        )
    for image in range(2):
        put(root, f"val/images/val_{image}.JPEG", image, size=(64, 64))
        put(root, f"test/images/test_{image}.JPEG", image, size=(64, 64))
    write(
        root,
        "val/val_annotations.txt",
        *(f"val_{image}.JPEG\t{wnids[image]}\t0\t32\t44\t62" for image in range(2)),
    )
    return root.parent
